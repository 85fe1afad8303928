"""The engine, its sessions, and the tables with the plans that are for sale."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bench.peers.fastapi_sqlalchemy.models import Base, Plan

CONNECTIONS: Final = 5
"""SQLAlchemy's default. One or 64 gave the same rate within a tenth; from 15 on, the p99 was 1 s and more."""

PLANS: Final = (
    ("00000000-0000-7000-8000-000000000001", "Free", 1, 3),
    ("00000000-0000-7000-8000-000000000002", "Team", 10, 25),
    ("00000000-0000-7000-8000-000000000003", "Business", 100, 250),
)


def connect(file: Path) -> AsyncEngine:
    """Open the file, with an fsync for every commit."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{file}",
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"timeout": 60},
    )
    event.listen(engine.sync_engine, "connect", make_durable)
    return engine


def make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set up a new connection."""
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def prepare(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make the tables and the plans where there are none."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as session:
        if await session.scalar(select(Plan).limit(1)) is None:
            session.add_all(
                Plan(plan_id=UUID(plan_id), name=name, total_seats=seats, user_limit=users)
                for plan_id, name, seats, users in PLANS
            )
            await session.commit()
    return sessions
