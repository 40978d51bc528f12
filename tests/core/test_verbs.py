"""The past forms of English verbs, written down here a second time: verb, past tense, participle."""

from __future__ import annotations

import pytest

from inspector.core.verbs import PAST_UNLESS_FIRST, is_past

#: Irregular verbs with all of their past forms; verbs that only put a prefix before one of these stand below.
VERBS = """
arise arose arisen; awake awoke awoken; be was were been; bear bore borne born; beat beat beaten; become became
become; befall befell befallen; begin began begun; behold beheld; bend bent; beset beset; bet bet; bid bid bade
bidden; bind bound; bite bit bitten; bleed bled; blow blew blown; break broke broken; breed bred; bring brought;
broadcast broadcast; build built; burn burnt; burst burst; buy bought; cast cast; catch caught; choose chose chosen;
cling clung; come came come; cost cost; creep crept; cut cut; deal dealt; dig dug; dive dove; do did done; draw drew
drawn; dream dreamt; drink drank drunk; drive drove driven; dwell dwelt; eat ate eaten; fall fell fallen; feed fed;
feel felt; fight fought; find found; fit fit; flee fled; fling flung; fly flew flown; forbid forbade forbidden;
forecast forecast; forget forgot forgotten; forgive forgave forgiven; forsake forsook forsaken; freeze froze frozen;
get got gotten; give gave given; go went gone; grind ground; grow grew grown; hang hung; have had; hear heard; hew
hewn; hide hid hidden; hit hit; hold held; hurt hurt; keep kept; kneel knelt; knit knit; know knew known; lay laid;
lead led; lean leant; leap leapt; learn learnt; leave left; lend lent; let let; lie lay lain; light lit; lose lost;
make made; mean meant; meet met; mistake mistook mistaken; mow mown; partake partook partaken; pay paid; plead pled;
prove proven; put put; quit quit; read read; rid rid; ride rode ridden; ring rang rung; rise rose risen; run ran run;
saw sawn; say said; see saw seen; seek sought; sell sold; send sent; set set; sew sewn; shake shook shaken; shear
shorn; shed shed; shine shone; shoe shod; shoot shot; show shown; shrink shrank shrunk; shut shut; sing sang sung;
sink sank sunk; sit sat; slay slew slain; sleep slept; slide slid; sling slung; slink slunk; slit slit; smell smelt;
smite smote smitten; sneak snuck; sow sown; speak spoke spoken; speed sped; spell spelt; spend spent; spill spilt;
spin spun; spit spat; split split; spoil spoilt; spread spread; spring sprang sprung; stand stood; steal stole stolen;
stick stuck; sting stung; stink stank stunk; strew strewn; stride strode stridden; strike struck stricken; string
strung; strive strove striven; swear swore sworn; sweep swept; swell swollen; swim swam swum; swing swung; take took
taken; teach taught; tear tore torn; tell told; think thought; thrive throve; throw threw thrown; thrust thrust; tread
trod trodden; understand understood; upset upset; wake woke woken; wear wore worn; weave wove woven; wed wed; weep
wept; wet wet; win won; wind wound; withdraw withdrew withdrawn; withhold withheld; withstand withstood; wring wrung;
write wrote written; overcome overcame; overdo overdid overdone; overdraw overdrew overdrawn; overhang overhung;
overhear overheard; override overrode overridden; overrun overran; oversee oversaw overseen; overshoot overshot;
oversleep overslept; overtake overtook overtaken; overthrow overthrew overthrown; overwrite overwrote overwritten;
underbid underbid; undercut undercut; undergo underwent undergone; underpay underpaid; undersell undersold; undertake
undertook; underwrite underwrote underwritten; rebuild rebuilt; redo redid redone; redraw redrew redrawn; relight
relit; remake remade; repay repaid; rerun reran; resell resold; resend resent; reset reset; retake retook retaken;
retell retold; rethink rethought; rewind rewound; rewrite rewrote rewritten; unbind unbound; undo undid undone;
unfreeze unfroze unfrozen; unhide unhid unhidden; unlearn unlearnt; unwind unwound; mishear misheard; mislay mislaid;
mislead misled; misread misread; misspell misspelt; misspend misspent; misunderstand misunderstood; outbid outbid;
outdo outdid outdone; outgrow outgrew outgrown; outrun outran; outsell outsold; outshine outshone; foresee foresaw
foreseen; foretell foretold; forgo forwent forgone; uphold upheld; interweave interwove interwoven; prepay prepaid;
backslide backslid; browbeat browbeaten; proofread proofread; typeset typeset; waylay waylaid; hamstring hamstrung;
ghostwrite ghostwrote
"""
FORMS = sorted({form for verb in VERBS.split(";") for form in verb.split()[1:]})


@pytest.mark.parametrize("form", FORMS)
def test_every_irregular_form_is_past_behind_what_it_is_about(form: str) -> None:
    assert is_past(form) or form in PAST_UNLESS_FIRST


@pytest.mark.parametrize("word", ["created", "cancelled", "tied", "unpaid", "overdue"])
def test_regular_forms_and_what_is_said_like_one(word: str) -> None:
    assert is_past(word)


@pytest.mark.parametrize(
    "word",
    [
        *("feed", "need", "hundred", "seed", "succeed", "present", "relay", "relent", "underground", "background"),
        *("outlet", "outfit", "order", "break", "take", "begin", "handmade", "upshot", "unit", "prefix", "delay"),
    ],
)
def test_words_that_look_like_one(word: str) -> None:
    assert not is_past(word)
    assert word not in PAST_UNLESS_FIRST
