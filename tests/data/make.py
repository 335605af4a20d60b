"""Writes the sample data of the tests: `python tests/data/make.py`. The same bytes each time; see README.md beside it.

Captions in English, German and French, and everyday sentences in English and Chinese, put together from small tables with the
agreement that the languages ask for. Written for this project; no sentence is taken from a corpus.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SIZES = {"train": 240, "val": 30, "test": 30}

Sentences = tuple[str, ...]


@dataclass(frozen=True)
class Being:
    """Who is in the picture. `plural` beings come with their number word."""

    en: tuple[str, str]
    de: tuple[str, str]
    fr: tuple[str, str]
    genders: str  # of the German and the French noun: m, f, n; p for plurals
    plural: bool = False
    human: bool = True


BEINGS = (
    Being(("a", "man"), ("ein", "Mann"), ("un", "homme"), "mm"),
    Being(("a", "woman"), ("eine", "Frau"), ("une", "femme"), "ff"),
    Being(("a", "boy"), ("ein", "Junge"), ("un", "garçon"), "mm"),
    Being(("a", "girl"), ("ein", "Mädchen"), ("une", "fille"), "nf"),
    Being(("a", "child"), ("ein", "Kind"), ("un", "enfant"), "nm"),
    Being(("a", "musician"), ("ein", "Musiker"), ("un", "musicien"), "mm"),
    Being(("a", "dog"), ("ein", "Hund"), ("un", "chien"), "mm", human=False),
    Being(("a", "cat"), ("eine", "Katze"), ("un", "chat"), "fm", human=False),
    Being(("two", "men"), ("zwei", "Männer"), ("deux", "hommes"), "pm", plural=True),
    Being(("two", "women"), ("zwei", "Frauen"), ("deux", "femmes"), "pf", plural=True),
    Being(("three", "children"), ("drei", "Kinder"), ("trois", "enfants"), "pm", plural=True),
    Being(("some", "girls"), ("einige", "Mädchen"), ("quelques", "filles"), "pf", plural=True),
    Being(("some", "dogs"), ("einige", "Hunde"), ("quelques", "chiens"), "pm", plural=True, human=False),
)
# English, German stem, French for m and f; the French ones stand before the noun
ADJECTIVES = (("young", "jung", "jeune", "jeune"), ("small", "klein", "petit", "petite"), ("pretty", "hübsch", "joli", "jolie"))
ENDINGS = {"m": "er", "f": "e", "n": "es", "p": "e"}  # German, nominative after ein, eine, ein, zwei

# English, German with its gender, French with its gender
THINGS = (
    ("hat", "Hut", "m", "chapeau", "m"),
    ("bag", "Tasche", "f", "sac", "m"),
    ("scarf", "Schal", "m", "écharpe", "f"),
    ("cap", "Mütze", "f", "casquette", "f"),
    ("umbrella", "Regenschirm", "m", "parapluie", "m"),
    ("bicycle", "Fahrrad", "n", "vélo", "m"),
)
COLOURS = (
    ("red", "rot", "rouge", "rouge"),
    ("blue", "blau", "bleu", "bleue"),
    ("green", "grün", "vert", "verte"),
    ("yellow", "gelb", "jaune", "jaune"),
    ("black", "schwarz", "noir", "noire"),
    ("white", "weiß", "blanc", "blanche"),
)


@dataclass(frozen=True)
class Deed:
    """What they do: the verb for one and for several, then what goes with it (German: it goes to the end)."""

    en: str
    de: tuple[str, str]
    fr: tuple[str, str]
    objects: tuple[str, str] = ("", "")  # German, French
    human: bool = True


DEEDS = (
    Deed("running", ("läuft", "laufen"), ("court", "courent"), human=False),
    Deed("sleeping", ("schläft", "schlafen"), ("dort", "dorment"), human=False),
    Deed("jumping", ("springt", "springen"), ("saute", "sautent"), human=False),
    Deed("playing", ("spielt", "spielen"), ("joue", "jouent"), human=False),
    Deed("waiting", ("wartet", "warten"), ("attend", "attendent"), human=False),
    Deed("drinking water", ("trinkt", "trinken"), ("boit", "boivent"), ("Wasser", "de l'eau"), human=False),
    Deed("dancing", ("tanzt", "tanzen"), ("danse", "dansent")),
    Deed("laughing", ("lacht", "lachen"), ("rit", "rient")),
    Deed("reading a book", ("liest", "lesen"), ("lit", "lisent"), ("ein Buch", "un livre")),
    Deed("singing a song", ("singt", "singen"), ("chante", "chantent"), ("ein Lied", "une chanson")),
    Deed("eating an apple", ("isst", "essen"), ("mange", "mangent"), ("einen Apfel", "une pomme")),
    Deed("carrying a box", ("trägt", "tragen"), ("porte", "portent"), ("eine Kiste", "une boîte")),
    Deed("selling flowers", ("verkauft", "verkaufen"), ("vend", "vendent"), ("Blumen", "des fleurs")),
    Deed("painting a picture", ("malt", "malen"), ("peint", "peignent"), ("ein Bild", "un tableau")),
    Deed("looking at the sky", ("schaut", "schauen"), ("regarde", "regardent"), ("in den Himmel", "le ciel")),
    Deed("waiting for the bus", ("wartet", "warten"), ("attend", "attendent"), ("auf den Bus", "le bus")),
)
PLACES = (
    ("in the park", "im Park", "dans le parc"),
    ("on the shore", "am Ufer", "sur la rive"),
    ("on the street", "auf der Straße", "dans la rue"),
    ("at the station", "am Bahnhof", "à la gare"),
    ("in the snow", "im Schnee", "dans la neige"),
    ("in a garden", "in einem Garten", "dans un jardin"),
    ("at the market", "auf dem Markt", "au marché"),
    ("under a bridge", "unter einer Brücke", "sous un pont"),
    ("behind a fence", "hinter einem Zaun", "derrière une clôture"),
    ("next to a tree", "neben einem Baum", "à côté d'un arbre"),
    ("in front of a house", "vor einem Haus", "devant une maison"),
    ("near the water", "in der Nähe des Wassers", "près de l'eau"),
)


def subject(being: Being, draw: random.Random) -> Sentences:
    """The being, at times with an adjective, at times (people, one alone) with a thing of some colour."""
    en, de, fr = being.en, being.de, being.fr
    german, french = being.genders[0], being.genders[1]
    if draw.random() < 0.4:
        adjective = draw.choice(ADJECTIVES)
        agreed = adjective[2 if french == "m" else 3] + ("s" if being.plural else "")
        en, fr = (en[0], f"{adjective[0]} {en[1]}"), (fr[0], f"{agreed} {fr[1]}")
        de = (de[0], f"{adjective[1]}{ENDINGS[german]} {de[1]}")
    parts = [" ".join(en), " ".join(de), " ".join(fr)]
    if being.human and not being.plural and draw.random() < 0.4:
        thing, colour = draw.choice(THINGS), draw.choice(COLOURS)
        parts[0] += f" with a {colour[0]} {thing[0]}"
        parts[1] += f" mit {'einer' if thing[2] == 'f' else 'einem'} {colour[1]}en {thing[1]}"
        parts[2] += f" avec {'une' if thing[4] == 'f' else 'un'} {thing[3]} {colour[2 if thing[4] == 'm' else 3]}"
    return tuple(parts)


def caption(draw: random.Random) -> Sentences:
    """A caption in English, German and French; one in four has two scenes."""
    being = draw.choice(BEINGS)
    who, deed, place = subject(being, draw), _deed(being, draw), draw.choice(PLACES)
    de_verb, fr_verb = deed.de[being.plural], deed.fr[being.plural]
    en = f"{who[0]} {'are' if being.plural else 'is'} {deed.en} {place[0]}"
    de = " ".join(filter(None, (who[1], de_verb, place[1], deed.objects[0])))
    fr = " ".join(filter(None, (who[2], fr_verb, deed.objects[1], place[2])))
    if draw.random() < 0.25:
        other = draw.choice([one for one in BEINGS if one is not being])
        them, act = subject(other, draw), _deed(other, draw)
        en += f" while {them[0]} {'are' if other.plural else 'is'} {act.en}"
        de += ", während " + " ".join(filter(None, (them[1], act.objects[0], act.de[other.plural])))
        that = "qu'" if them[2].startswith("un") else "que "
        fr += f" pendant {that}" + " ".join(filter(None, (them[2], act.fr[other.plural], act.objects[1])))
    return tuple(text[0].upper() + text[1:] + "." for text in (en, de, fr))


def _deed(being: Being, draw: random.Random) -> Deed:
    return draw.choice([deed for deed in DEEDS if being.human or not deed.human])


PRONOUNS = (
    ("I", "我", "am", False),
    ("you", "你", "are", False),
    ("he", "他", "is", True),
    ("she", "她", "is", True),
    ("we", "我们", "are", False),
    ("they", "他们", "are", False),
)
CITIES = (("Beijing", "北京"), ("Shanghai", "上海"), ("London", "伦敦"), ("Paris", "巴黎"), ("Berlin", "柏林"), ("Tokyo", "东京"))
ROOMS = (
    ("the hospital", "医院"),
    ("the school", "学校"),
    ("the library", "图书馆"),
    ("the station", "车站"),
    ("the airport", "机场"),
    ("the restaurant", "餐厅"),
)
LIKED = (
    ("music", "音乐"),
    ("green tea", "绿茶"),
    ("coffee", "咖啡"),
    ("cats", "猫"),
    ("dogs", "狗"),
    ("old films", "老电影"),
    ("folk songs", "民歌"),
)
COUNTED = (
    ("a book", "一本书"),
    ("three books", "三本书"),
    ("two apples", "两个苹果"),
    ("a cup of tea", "一杯茶"),
    ("two tickets", "两张票"),
    ("a map", "一张地图"),
    ("a coat", "一件大衣"),
)
SKILLS = (
    ("play chess", "下棋"),
    ("drive", "开车"),
    ("cook", "做饭"),
    ("sing", "唱歌"),
    ("speak Chinese", "说中文"),
    ("speak English", "说英语"),
)
PEOPLE = (("my teacher", "我的老师"), ("his brother", "他的哥哥"), ("her mother", "她的妈妈"), ("this doctor", "这位医生"))
WEATHER = (("very hot", "很热"), ("very cold", "很冷"), ("very warm", "很暖和"), ("very cool", "很凉快"))
DAYS = (("today", "今天"), ("yesterday", "昨天"))


def everyday() -> Iterator[Sentences]:
    """All the English and Chinese sentence pairs that the tables make."""
    for en, zh, be, third in PRONOUNS:
        for city, city_zh in CITIES:
            yield f"{en} want{'s' * third} to go to {city}.", f"{zh}想去{city_zh}。"
            yield f"{en} live{'s' * third} in {city} now.", f"{zh}现在住在{city_zh}。"
        for room, room_zh in ROOMS:
            yield f"{en} {be} at {room} today.", f"{zh}今天在{room_zh}。"
            yield f"{en} work{'s' * third} at {room}.", f"{zh}在{room_zh}工作。"
        for thing, thing_zh in LIKED:
            yield f"{en} like{'s' * third} {thing}.", f"{zh}喜欢{thing_zh}。"
        for thing, thing_zh in COUNTED:
            yield f"{en} bought {thing} yesterday.", f"{zh}昨天买了{thing_zh}。"
        for skill, skill_zh in SKILLS:
            yield f"{en} cannot {skill}.", f"{zh}不会{skill_zh}。"
        for person, person_zh in PEOPLE:
            yield f"{'does' if third else 'do'} {en} know {person}?", f"{zh}认识{person_zh}吗？"
    for city, city_zh in CITIES:
        yield f"welcome to {city}!", f"欢迎来到{city_zh}！"
        for weather, weather_zh in WEATHER:
            for day, day_zh in DAYS:
                yield f"it {'is' if day == 'today' else 'was'} {weather} in {city} {day}.", f"{city_zh}{day_zh}{weather_zh}。"
    for room, room_zh in ROOMS:
        yield f"where is {room}?", f"{room_zh}在哪里？"
    for thing, thing_zh in COUNTED:
        yield f"please give me {thing}.", f"请给我{thing_zh}。"


def distinct(make: Callable[[], Sentences], count: int) -> list[Sentences]:
    """So many sentences of which no two are the same in any language."""
    found: list[Sentences] = []
    seen: set[str] = set()
    while len(found) < count:
        sentence = make()
        if seen.isdisjoint(sentence):
            found.append(sentence)
            seen.update(sentence)
    return found


def write(folder: str, names: dict[str, str], languages: Sentences, sentences: list[Sentences]) -> None:
    """One file a split and language; without a time stamp, so that the bytes stay the same."""
    (HERE / folder).mkdir(exist_ok=True)
    begin = 0
    for split, size in SIZES.items():
        for column, language in enumerate(languages):
            text = "".join(sentence[column] + "\n" for sentence in sentences[begin : begin + size])
            path = HERE / folder / f"{names.get(split, split)}.{language}.gz"
            path.write_bytes(gzip.compress(text.encode(), mtime=0))
        begin += size


def main() -> None:
    """Write all files."""
    total = sum(SIZES.values())
    draw = random.Random(1)
    captions = distinct(lambda: caption(draw), total)
    write("multi30k", {"test": "test_2016_flickr"}, ("en", "de", "fr"), captions)
    pairs = [(en[0].upper() + en[1:], zh) for en, zh in everyday()]
    random.Random(2).shuffle(pairs)
    write("tatoeba-cmn-eng", {}, ("en", "zh"), distinct(iter(pairs).__next__, total))


if __name__ == "__main__":
    main()
