"""Statements whose SQL is made once and then run with other values.

The ORM takes ten times longer to write a statement down than the database to answer it by an index. Where the same statement is run for
every request, that was the larger part of the request's processor time. Nothing is kept of the rows: each run asks the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]  # what the ORM itself fills select_related in with
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery

M = TypeVar("M", bound=Model)


def place_of(kind: type, number: int) -> str | int:
    """What stands in a value's place while the SQL is made: recognised again among its parameters, whatever their order."""
    return -901_001 - number if kind is int else f"\x1a{number}"


@dataclass(frozen=True, slots=True)
class _Query:
    connection: Any  # converters belong to the connection that they were made for
    sql: str
    params: tuple[Any, ...]
    order: tuple[tuple[int, int], ...]  # which parameter is which value
    apply: Callable[[list[Any]], Any]
    model: type[Model]
    names: list[str]
    columns: slice
    annotations: dict[str, int]
    populators: list[Any]


class Prepared(Generic[M]):
    """A query for whole rows of a model, `select_related`, `defer` and `annotate` included.

    `build` makes it from placeholders; `kinds` are the types of its values, str or int, each used as it is in one exact comparison.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *kinds: type) -> None:
        self.build = build
        self.kinds = kinds
        self.local = threading.local()

    def rows(self, *values: str | int) -> list[M]:
        """What the query finds, for these values. One statement."""
        connection = connections[DEFAULT_DB_ALIAS]
        made: _Query | None = getattr(self.local, "made", None)
        if made is None or made.connection is not connection:
            made = self.local.made = self._make(connection)
        params = list(made.params)
        for position, number in made.order:
            params[position] = values[number]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, params)
            found = cursor.fetchall()
        rows = []
        for row in made.apply(found):
            instance = made.model.from_db(connection.alias, made.names, row[made.columns])
            for populator in made.populators:
                populator.populate(row, instance)
            for name, column in made.annotations.items():
                setattr(instance, name, row[column])
            rows.append(instance)
        return rows  # type: ignore[return-value]  # from_db makes what `build` asks for

    def first(self, *values: str | int) -> M | None:
        return next(iter(self.rows(*values)), None)

    def _make(self, connection: Any) -> _Query:
        places = [place_of(kind, number) for number, kind in enumerate(self.kinds)]
        compiler: Any = self.build(*places).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        order = tuple((position, places.index(value)) for position, value in enumerate(params) if value in places)
        if {number for _position, number in order} != set(range(len(places))):
            raise ValueError("a value does not stand among the parameters as it was given")
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        fields = compiler.klass_info["select_fields"]
        columns = slice(fields[0], fields[-1] + 1)
        return _Query(
            connection,
            sql,
            tuple(params),
            order,
            (lambda rows: compiler.apply_converters(rows, converters)) if converters else list,
            compiler.klass_info["model"],
            [expression.target.attname for expression, _sql, _alias in compiler.select[columns]],
            columns,
            compiler.annotation_col_map or {},
            get_related_populators(compiler.klass_info, compiler.select, connection.alias),
        )


@dataclass(frozen=True, slots=True)
class _Insert:
    connection: Any
    sql: str
    fields: list[Any]  # those whose values the row brings
    fixed: tuple[Any, ...]  # the parameters of the expressions, which come last


class PreparedInsert(Generic[M]):
    """Adds one row, all columns given. `expressions`: columns that the database itself computes, the same way each time."""

    def __init__(self, model: type[M], **expressions: Callable[[], Combinable]) -> None:
        self.model = model
        self.expressions = expressions
        self.local = threading.local()

    def __call__(self, instance: M) -> M:
        """Save a new instance; it has its primary key afterwards. One statement; what the database computed is deferred."""
        connection = connections[DEFAULT_DB_ALIAS]
        # Where somebody listens, or the database cannot answer an INSERT with the new key, the ORM does it all.
        listened = pre_save.has_listeners(self.model) or post_save.has_listeners(self.model)
        if listened or not connection.features.can_return_columns_from_insert:
            for name, make in self.expressions.items():
                setattr(instance, name, make())
            instance.save(force_insert=True)
            return instance
        made: _Insert | None = getattr(self.local, "made", None)
        if made is None or made.connection is not connection:
            made = self.local.made = self._make(connection)
        params = [field.get_db_prep_save(field.pre_save(instance, True), connection) for field in made.fields]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, (*params, *made.fixed))
            (instance.pk,) = cursor.fetchone()
        instance._state.adding, instance._state.db = False, connection.alias
        for name in self.expressions:
            instance.__dict__.pop(name, None)  # deferred: read when somebody asks, and left alone by a later save()
        return instance

    def _make(self, connection: Any) -> _Insert:
        key: Any = self.model._meta.pk
        fields: list[Any] = [field for field in self.model._meta.concrete_fields if field is not key]
        plain = [field for field in fields if field.name not in self.expressions]
        query: Any = InsertQuery(self.model)
        pattern = self.model(**{name: make() for name, make in self.expressions.items()})
        query.insert_values([*plain, *(field for field in fields if field.name in self.expressions)], [pattern])
        compiler: Any = query.get_compiler(connection=connection)
        compiler.returning_fields = [key]
        ((sql, params),) = compiler.as_sql()
        return _Insert(connection, sql, plain, tuple(params[len(plain) :]))
