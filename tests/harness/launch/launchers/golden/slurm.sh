#!/bin/bash
#SBATCH --job-name=qyran-quick
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=64
#SBATCH --cpus-per-task=2
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --time=01:30:00
#SBATCH --partition=cpu
#SBATCH --output=job.out
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
#SBATCH --export=ALL

set -u
folder=/data/results/kaznu/20261124T180000Z-quick-a1b2c3
child=
signalled=0
finish() {
  printf '{"schema": "qyran.end/1", "exit_code": %d, "ended": %(%s)T}\n' "$1" -1 \
    > "$folder/.end.json.$$" && command -p mv -f -- "$folder/.end.json.$$" "$folder/end.json"
}
forward() {
  signalled=1
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap 'finish "$?"' EXIT
trap forward TERM INT HUP XCPU
command -p rm -f -- "$folder/end.json"
printf '%s\n' "${SLURM_JOB_ID-}" > "$folder/begun"
[ ! -e "$folder/cancelled" ] || exit 143

set +u
:
set -u

cd -- '/home/user/my runs' || exit 1
[ "$signalled" = 0 ] || exit 143
/opt/qyran/bin/python -P -m harness run quick < /dev/null &
child=$!
[ "$signalled" = 0 ] || kill -TERM "$child" 2>/dev/null
while :; do
  signalled=0
  wait "$child"
  status=$?
  [ "$signalled" = 1 ] || break
done
exit "$status"
