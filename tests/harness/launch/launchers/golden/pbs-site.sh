#!/bin/bash
#PBS -N qyran-my-suite
#PBS -S /bin/bash
#PBS -l select=1:host=node07:ncpus=128:mpiprocs=64:ompthreads=2+1:host=node09:ncpus=128:mpiprocs=64:ompthreads=2
#PBS -l place=scatter:excl
#PBS -l walltime=01:30:00
#PBS -q cpu
#PBS -j oe
#PBS -k doe
#PBS -r y
#PBS -V
#PBS -A physics
#PBS -l software=x

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
printf '%s\n' "${PBS_JOBID-}" > "$folder/begun"
[ ! -e "$folder/cancelled" ] || exit 143

set +u
module purge
module load openmpi/5
set -u

cd -- '/home/user/my runs' || exit 1
export OMPI_MCA_btl='^openib'
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
