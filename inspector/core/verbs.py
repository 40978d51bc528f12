"""The past tenses and past participles of English: every irregular one, and which words in ``ed`` are none."""

from __future__ import annotations

from itertools import product
from typing import Final


def _set_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Forms that are nothing but past, in the order of their infinitives (abide, arise, awake, …).
_FORMS: Final = _set_of(
    """
    alit arose arisen ate awoke awoken babysat been borne born beaten became befell befallen began begun begot begat
    begotten beheld bent bereft besought bespoke bespoken bestrewn bestrode bestrid bestridden betook betaken bade
    bidden bound bitten bled blent blest blew blown broke broken bred brought built burnt bought came caught chose
    chosen chid chidden clad cloven clung browbeaten countersank countersunk crept daylit dealt did done disproven
    dug drew drawn dreamt drank drunk driven dwelt eaten fell fallen fed felt fought found fled floodlit flung flew
    flown forbore forborne forbade forbad forbidden forgot forgotten forgave forgiven forwent forgone forsook
    forsaken forswore forsworn froze frozen gainsaid got gotten girt gave given went gone graven grew grown had hung
    hamstrung heard hewn hid hidden held inlaid kept knelt knew known laden laid leant leapt learnt led left lent
    lain landslid lit lost made meant met mistook mistaken moonlit mown overdue partook partaken paid pled proven
    ran rid ridden rang risen riven rode said sang sank sat sawn seen sent sewn shaken shook shat shaven shod shone
    shorn shown shrank shrunk shrunken shrove shriven slain slew slept slid slidden slung slunk smitten smote snuck
    sold sought sown spat sped spelt spent spilt spoilt spoken spotlit sprang sprung spun stank stood stolen strewn
    stricken strode stridden strove striven struck strung stuck stung stunk sung sunk sunken swam swept swollen
    swore sworn swum swung taken taught threw throve thriven thrown told took tore torn trod trodden understood was
    waylaid wed wept were withdrew withdrawn withheld withstood woke woken won wore worn wove woven wrote written
    wrought wrung
    """
)
#: Forms that are a noun as well. In front of a name they are that: ``CrewAssignment``, ``RentCollection``.
_NOUNS: Final = _set_of(
    """
    abode bit bore cleft clove crew dove drove gilt ground hove lay overlay rent rose rung saw shore shot smelt
    spoke stole stove thought underlay unknown wound
    """
)
#: Forms that are the infinitive as well. In front of a name they order something: ``SetLimit``, ``PutItem``.
_INFINITIVES: Final = _set_of(
    """
    beat become beset bet bid broadcast browbeat burst bust cast come cost crosscut cut fit forecast forbid hit hurt
    input inset knit let lipread miscast misread offset output outbid overbid overcast overcome outrun overrun
    overset overspread podcast plead preset proofread put quit read rebid rebroadcast recast recut reread rerun
    reset resplit rid run set shed shit shut simulcast slit split spread sublet sweat telecast thrust typecast
    typeset underbid undercut unset upset webcast wet
    """
)
#: Prefixes that make a verb another verb of the same forms: ``overrode``, ``rebuilt``, ``misheard``, ``foresaw``.
_PREFIXES: Final = _set_of("over under re un mis out fore up inter pre back cross ghost hand")
#: What a prefix makes into a word that is not past.
_OTHERS: Final = _set_of(
    """
    background foreground foreshore forethought handheld handmade inbred outlay overlay present relay relent
    underground underlay unknown upshot
    """
)
#: They end in "ed" and are no participles.
_NO_PARTICIPLE: Final = _set_of(
    """
    bed bleed breed creed deed embed exceed feed feedback greed heed hundred indeed kindred need newsfeed proceed red
    reed sacred screed seed shed shred sled speed succeed tweed unneed weed
    """
)

_COMPOUND: Final = frozenset(map("".join, product(_PREFIXES, _FORMS | _NOUNS))) - _OTHERS
#: Words that say of themselves that something has happened.
PAST: Final = _FORMS | _COMPOUND
#: Words that say so unless they begin a name of several words.
PAST_UNLESS_FIRST: Final = _NOUNS | _INFINITIVES


def is_past(word: str) -> bool:
    """Return whether a word is a past tense or participle, wherever it stands."""
    return word in PAST or (len(word) > 3 and word.endswith("ed") and word not in _NO_PARTICIPLE)
