"""The application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bench.peers.fastapi_sqlalchemy import schemas, signups
from bench.peers.fastapi_sqlalchemy.database import connect, prepare


def create_app(database: Path) -> FastAPI:
    """Make the application on this file."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = connect(database)
        app.state.sessions = await prepare(engine)
        yield
        await engine.dispose()

    app = FastAPI(title="Sign-ups", lifespan=lifespan)
    app.get("/livez")(livez)
    app.post("/v1/signups", status_code=201)(create_signup)
    return app


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Give each request a session of its own."""
    async with request.app.state.sessions() as session:
        yield session


async def livez() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}


async def create_signup(
    body: schemas.NewSignUp, response: Response, session: Annotated[AsyncSession, Depends(session_of)]
) -> schemas.SignedUp:
    """Sign a customer up."""
    signed_up = await signups.sign_up(session, body)
    response.headers["Location"] = f"/v1/accounts/{signed_up.account.account_id}"
    return signed_up
