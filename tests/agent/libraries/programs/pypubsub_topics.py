"""PyPubSub: topics below topics, all topics, weak listeners, what a listener raises."""

from __future__ import annotations

from pubsub import pub

TALLY: list[str] = []
WHERE = "pub"
BUS = pub


class Board:
    def post(self, text, urgent=False):
        TALLY.append("Board.post")


board, lost = Board(), Board()


def news(text):
    TALLY.append("news")


def everything(topic=pub.AUTO_TOPIC, **data):
    TALLY.append(f"everything {topic.getName()}")


def sport(text, urgent=False):
    TALLY.append("sport")
    if text == "bad":
        raise ValueError(text)


pub.unsubAll()
pub.subscribe(news, "news")
pub.subscribe(board.post, "news.sport")
pub.subscribe(lost.post, "news.sport")
pub.subscribe(sport, "news.sport")
pub.subscribe(everything, pub.ALL_TOPICS)
del lost


def use():
    pub.sendMessage("news.sport", text="won", urgent=True)
    pub.sendMessage("news", text="rain")
    try:
        pub.sendMessage("news.sport", text="bad")
    except ValueError as error:
        return [str(error)]
    return ["nothing raised"]


TWICE = False
FIRES = [("news.sport", {"text": "lost"}), ("news", {"text": "sun"})]
