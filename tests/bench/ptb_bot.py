"""The bot that most people would write: python-telegram-bot's ConversationHandler behind a webhook.

Written after the custom webhook example of its documentation. `memory` keeps answers in user_data;
`sql` writes each answer through SQLAlchemy before it replies, as durable as ours.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, event
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, ConversationHandler, MessageHandler, filters

QUESTIONS = (
    "How do customers find you?", "How can they order?", "How can they pay?", "Who looks after the phone?",
    "Do you write down what you sell?", "Do you know what is left?", "How do you keep your data?",
    "Who helps you?",
)  # fmt: skip
CHOICES = ("Not at all", "Now and then", "Often", "Always")

metadata = MetaData()
answers = Table(
    "answer", metadata,
    Column("id", Integer, primary_key=True),
    Column("chat", Integer, nullable=False),
    Column("question", Integer, nullable=False),
    Column("text", Text, nullable=False),
)  # fmt: skip


def keyboard(question: int) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(c, callback_data=f"{question}:{n}")] for n, c in enumerate(CHOICES)]
    )


def conversation(engine: Engine | None) -> ConversationHandler[Any]:
    def step(question: int) -> Any:
        async def answered(update: Update, context: Any) -> int:
            assert update.message
            text = update.message.text or ""
            context.user_data[question] = text
            if engine is not None:
                with engine.begin() as tx:
                    tx.execute(
                        answers.insert().values(chat=update.message.chat_id, question=question, text=text)
                    )
            following = (question + 1) % len(QUESTIONS)
            await update.message.reply_text(QUESTIONS[following], reply_markup=keyboard(following))
            return following

        return answered

    async def begin(update: Update, context: Any) -> int:
        assert update.message
        await update.message.reply_text(QUESTIONS[0], reply_markup=keyboard(0))
        return 0

    return ConversationHandler(
        entry_points=[MessageHandler(filters.TEXT, begin)],
        states={n: [MessageHandler(filters.TEXT, step(n))] for n in range(len(QUESTIONS))},
        fallbacks=[],
    )


def durable(path: Path) -> Engine:
    """A SQLite file with the settings of ours."""
    from pysqlite3 import dbapi2

    engine = create_engine(f"sqlite:///{path}", module=dbapi2)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    metadata.create_all(engine)
    return engine


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("memory", "sql"))
    parser.add_argument("port", type=int)
    parser.add_argument("api_url")
    parser.add_argument("token")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    engine = durable(given.folder / "answers.sqlite3") if given.kind == "sql" else None
    bot = Application.builder().token(given.token).updater(None).base_url(f"{given.api_url}/bot").build()
    bot.add_handler(conversation(engine))
    app = FastAPI()

    @app.post("/telegram")
    async def telegram(request: Request) -> Response:
        await bot.update_queue.put(Update.de_json(data=await request.json(), bot=bot.bot))
        return Response()

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=given.port, log_level="warning"))
    async with bot:
        await bot.bot.set_webhook(f"http://127.0.0.1:{given.port}/telegram")
        await bot.start()
        await server.serve()
        await bot.stop()


asyncio.run(main())
