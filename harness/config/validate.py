"""From a YAML document to a typed model; pydantic's findings become one readable error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from harness.config.units import quantity
from harness.config.yaml_file import Document, Path_
from harness.errors import ConfigError, did_you_mean

ModelT = TypeVar("ModelT", bound="Model")


class Model(BaseModel):
    """Base of all configuration: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        defer_build=True,  # a command reads some kinds of files only
    )


def _integer(value: object) -> object:
    """1.0e+6 is a whole number too; 1e6 is text to YAML and is refused with a hint."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_unit(unit: str) -> Callable[[object], float]:
    def read(value: object) -> float:
        return quantity(value, unit)

    return read


def _bytes(value: object) -> int:
    return round(quantity(value, "B"))


Count = Annotated[int, BeforeValidator(_integer)]
Bytes = Annotated[int, BeforeValidator(_bytes)]
Seconds = Annotated[float, BeforeValidator(_in_unit("s"))]
FlopRate = Annotated[float, BeforeValidator(_in_unit("flop/s"))]
ByteRate = Annotated[float, BeforeValidator(_in_unit("B/s"))]
Watts = Annotated[float, BeforeValidator(_in_unit("W"))]


def validated(model: type[ModelT], document: Document, schema: str) -> ModelT:
    """Build ``model`` from a document that names ``schema``; ConfigError lists every finding."""
    if not isinstance(document.data, dict):
        kind = type(document.data).__name__
        raise ConfigError(document.name, f"holds a {kind}, not keys and values")
    _check_schema(document, schema)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        findings = [_finding(model, document, one) for one in error.errors()]
        raise ConfigError("", "\n".join(findings)) from error


def _check_schema(document: Document, schema: str) -> None:
    found = document.data.get("schema", schema)
    if found != schema:
        raise ConfigError(
            document.where(("schema",)),
            f"is of schema {found!r}",
            known=schema,
            fix=f"write `schema: {schema}`, or use the version of qyran that it is for"
            if str(found).partition("/")[0] == schema.partition("/")[0]
            else "this is another kind of file: name the right one",
        )


def _finding(model: type[Model], document: Document, error: ErrorDetails) -> str:
    path: Path_ = _real_path(document.data, error["loc"])
    where = document.where(path)
    if error["type"] == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        hint = did_you_mean(str(path[-1]), known)
        return f"{where}: unknown key {path[-1]!r}{hint}\n  known: {', '.join(known)}"
    if error["type"] == "missing":
        return f"{where}: key {path[-1]!r} is missing"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}{_found(error)}"


def _found(error: ErrorDetails) -> str:
    value = error["input"]
    if error["type"] == "value_error" or isinstance(value, dict):
        return ""
    text = f", found {value!r}"
    if isinstance(value, str) and error["type"].startswith(("int", "float")):
        text += _number_hint(value)
    return text


def _number_hint(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return ""
    plain = int(number) if number.is_integer() else number
    return f" (YAML reads this as text: write {plain})"


def _real_path(data: Any, loc: tuple[int | str, ...]) -> Path_:
    """Pydantic puts names of union members into its path; keep what is in the document."""
    path: list[int | str] = []
    for i, part in enumerate(loc):
        inside = isinstance(data, dict) and part in data
        inside = inside or (isinstance(data, list) and isinstance(part, int) and part < len(data))
        if inside:
            data = data[part]
            path.append(part)
        elif i == len(loc) - 1 and isinstance(data, dict):
            path.append(part)
    return tuple(path)


def _known_keys(model: type[Model], path: Path_) -> list[str]:
    """The keys of the model that stands at ``path`` below ``model``."""
    here: Any = model
    for part in path:
        here = _model_in(here.model_fields[part].annotation) if part in _fields(here) else here
    return [field.alias or name for name, field in here.model_fields.items()]


def _fields(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """The model inside ``list[Case]``, ``dict[str, Cluster]`` or ``Node | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
