"""What happens on a ferry and at its quay."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, NamedTuple
from uuid import UUID, uuid4


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened."""

    event_id: UUID = field(default_factory=uuid4)
    correlation_id: UUID = field(default_factory=uuid4)
    passengers: int = 3


class Patient(Event):
    """Somebody waits for its handlers only for a while."""


class Derived(Event):
    """Happens because of something else."""


# In the cabins: what is raised.


class TicketSold(Event):
    """A seat was paid for."""


class CabinBooked(Event):
    """A cabin was paid for."""


class HoldFlooded(Event):
    """There is water in the hold."""


class CratesLoaded(Event):
    """Crates came on board."""


class CratesLost(Event):
    """Crates went overboard."""


class CarsBoarded(Event):
    """Cars came on board."""


class FareChanged(Event):
    """A fare was set."""


class FareRefunded(Event):
    """A fare was given back."""


class FareWaived(Event):
    """A fare was not asked for."""


class LuggageWeighed(Event):
    """Luggage was weighed."""


class LuggageScanned(Event):
    """Luggage was looked into."""


class RouteAsked(Event):
    """Somebody wants to know the way."""


class NextAsked(Event):
    """Somebody wants to know the next ferry."""


class LastAsked(Event):
    """Somebody wants to know the last ferry."""


class ShopClosed(Event):
    """The shop has closed."""


class SeatsCounted(Event):
    """Seats were counted."""


class ManifestRead(Event):
    """The list of passengers came."""


class ManifestPrinted(Event):
    """The list of passengers went out."""


class NameRead(Event):
    """A name came."""


class MenuRead(Event):
    """The menu came."""


class RuleRead(Event):
    """A rule came."""


class RuleApplied(Event):
    """A rule was used."""


class AnchorRaised(Event):
    """The anchor is up."""


class ShareCounted(Event):
    """Somebody's share was counted."""


class DoorClosed(Event):
    """A door was closed."""


class GateOpened(Event):
    """A gate was opened."""


class QueueFormed(Event):
    """There is a queue."""


class MealOrdered(Event):
    """Somebody is hungry."""


class CabinLeft(Event):
    """Somebody has left a cabin."""


class MorningCame(Event):
    """It is morning."""


class BellRung(Event):
    """Somebody has rung."""


class PillowWanted(Event):
    """Somebody cannot sleep."""


class BlanketWanted(Event):
    """Somebody is cold."""


class CoffeeWanted(Event):
    """Somebody is tired."""


class PaperWanted(Event):
    """Somebody wants to read."""


class TeaWanted(Event):
    """Somebody is thirsty."""


class StoryWanted(Event):
    """Somebody wants to listen."""


class LampBroken(Event):
    """It is dark."""


# The crew: what is cancelled, too late, kept quiet, given back or left behind.


class WatchEnded(Event):
    """A watch is over."""


class WatchSkipped(Event):
    """A watch was left out."""


class PairSent(Event):
    """Two were sent."""


class MateCalled(Event):
    """The mate was called."""


class TideAwaited(Event):
    """It is ebb."""


class PilotAwaited(Event):
    """There is no pilot."""


class RadioCalled(Event):
    """The radio was used."""


class FogCame(Patient):  # seen: raised InspectorError
    """Nobody sees anything."""


@dataclass(frozen=True, kw_only=True)
class IceCame(Patient):  # seen: raised InspectorError; seen: unsettled (3.12)
    """Nothing moves."""

    over: bool = False


class RopeKnotted(Event):
    """A rope is knotted."""


class FireDrilled(Event):
    """A fire was put out, for practice."""


class BoatLowered(Event):
    """A boat was let down, for practice."""


@dataclass(frozen=True, kw_only=True)
class FlareFired(Event):
    """A flare was fired, for practice."""

    tried: list[str] = field(default_factory=list)


class RaftInflated(Event):
    """A raft was filled, for practice."""


class VestCounted(Event):
    """Vests were counted."""


class SailMended(Event):
    """A sail was mended."""


class OarsCounted(Event):
    """Oars were counted."""


class AlarmTested(Event):
    """The alarm was tried."""


class PumpTested(Event):
    """A pump was tried."""


class EngineTested(Event):
    """The engine was tried."""


class CheckMade(Event):
    """The deck was looked at."""


class CheckAsked(Event):
    """The hull was looked at."""


class CheckDoubted(Event):
    """The keel was looked at."""


class CheckRefused(Event):
    """The mast was looked at."""


class LogAsked(Event):
    """Somebody wants the log."""


class LogStreamed(Event):
    """Somebody wants the log as it is written."""


class ShiftBegan(Event):
    """A shift has begun."""


class ShiftEnded(Event):
    """A shift has ended."""


class BellSet(Event):
    """A bell will ring."""


class StokerSent(Event):
    """Somebody went below."""


class CookCalled(Event):
    """The cook was called."""


class ReportWritten(Event):
    """A report is due."""

    rushed: ClassVar[bool] = True


# At the desk.


class ClaimFiled(Event):
    """Somebody complains."""


class ClerkLeft(Event):
    """A clerk has gone."""


class ClerkInterrupted(Event):
    """A clerk was called away."""


class LineFormed(Event):
    """Too many wait."""


class QuestionAsked(Event):
    """Somebody asks."""


class QuestionReturned(Derived):  # seen: loop
    """The clerk asks back."""


class CounterOpened(Event):
    """A counter was opened."""


class CounterManned(Derived):
    """Somebody sits at it."""


class PhoneRang(Event):
    """The phone rings."""


class PhoneAnswered(Derived):
    """Somebody answers."""


@dataclass(frozen=True, kw_only=True)
class NameWritten(Event):
    """Somebody's name was written down."""

    names: list[str] = field(default_factory=lambda: ["Ada", "Bob"])


class ListMade(Event):
    """A list was made."""


class DayOpened(Event):
    """The desk opens."""


class DayClosed(Event):
    """The desk closes."""


class PaymentAttempted(Derived):  # lost: no_outcome
    """A payment begins."""


class PaymentSucceeded(Derived):
    """It went well."""


class PaymentFailed(Derived):  # lost: two_outcomes
    """It did not."""


class LetterSent(Event):
    """A letter went out."""


class LetterLost(Derived):  # lost: unheard
    """It did not arrive."""


@dataclass(frozen=True, kw_only=True)
class CapacitySet(Event):  # seen: refused
    """A ferry takes so many; nobody can make this event with its default."""

    def __post_init__(self) -> None:
        if self.passengers < 10:
            raise ValueError("too small for a ferry")


# In the galley: what others do for a handler.


class SoupCooked(Event):
    """Soup is on the stove."""


class FishFried(Event):
    """Fish is in the pan."""


class StoveLit(Event):
    """The stove is on."""


class PanPutAway(Event):
    """A pan is clean."""


class PlateBroken(Event):
    """A plate is broken."""


class MenuFrozen(Event):
    """The menu is printed."""


class WaiterSent(Event):
    """A waiter went upstairs."""


class TableLaid(Event):
    """A table is laid."""


class SpoonCounted(Event):
    """Spoons were counted."""


class SaltWanted(Event):
    """There is no salt."""


class OvenOpened(Event):
    """The oven is open."""


class CakeBaked(Event):
    """There is cake."""


class MilkSpilt(Event):
    """There is milk on the floor."""


class GlassRaised(Event):
    """Somebody drinks."""


class BreadSliced(Event):
    """There is bread."""


class DishWashed(Event):
    """The dishes are clean."""


class CorkPulled(Event):
    """A bottle is open."""


class IceCrushed(Event):
    """There is ice."""


class PotCovered(Event):
    """A pot is covered."""


class CookFired(Event):
    """The cook has gone."""


class TeaServed(Event):
    """There is tea."""


class KeyTurned(Event):
    """The galley is locked."""


class PieEaten(Event):
    """There was a pie."""


class TrayDropped(Patient):  # seen: raised InspectorError
    """A tray fell."""


class BillAdded(Event):
    """A bill was added up."""

    @property
    def share(self) -> float:
        """Return the share of each."""
        return 1 / (self.passengers - 3)  # seen: failed ZeroDivisionError by add_bill


# Signals.


class HornTested(Event):  # seen: raised CabinError
    """The horn was tried."""


class HornBlown(Event):
    """The horn was heard."""


class HornFixed(Event):
    """The horn was repaired."""


class NightFell(Event):
    """It is night."""


class SirenHeard(Event):
    """There was a siren."""


class SignalSent(Event):  # seen: raised CabinError
    """A signal went out."""


class SignalSeen(Derived):
    """It was seen."""


class SeaMark(Event):
    """Something that floats, and that somebody handles."""


class BuoySeen(SeaMark):  # lost: unheard
    """A buoy: those who handle sea marks do not handle it."""


class VisitorLeft(Event):
    """Somebody went ashore."""


class LampLit(Event):
    """A light is on."""


class StepTaken(Event):  # seen: raised CabinError
    """Somebody walks."""

    in_turn: ClassVar[bool] = True


class MotorStarted(Event):
    """The motor was started."""


class WinchStarted(Event):
    """The winch was started."""


class TrainArrived(Event):
    """The train is here, with the passengers."""


class NoonCame(Event):
    """It is noon."""


class EveningCame(Event):
    """It is night."""


class BagBrought(Derived):
    """A bag was brought to a cabin."""


class TabOpened(Derived):
    """Somebody sat down."""


class DrinkServed(Derived):
    """Somebody drinks."""


class TabClosed(Derived):
    """Somebody paid."""


class Phase(Enum):
    """How far a workflow is."""

    ATTEMPTED = "attempted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    OPERATIONAL = "operational"


class Entry(NamedTuple):
    """Where an event belongs."""

    event_class: type
    category: str
    workflow_name: str
    phase: Phase


def _entries(base: type) -> list[Entry]:
    """Return an entry for each event below a class, in the order in which they stand here."""
    entries = []
    for cls in base.__subclasses__():
        phase = {PaymentAttempted: Phase.ATTEMPTED, PaymentSucceeded: Phase.SUCCEEDED, PaymentFailed: Phase.FAILED}
        workflow = "payment" if cls in phase else cls.__name__
        entries.append(Entry(cls, "ferry", workflow, phase.get(cls, Phase.OPERATIONAL)))
        entries += _entries(cls)
    return [entry for entry in entries if entry.event_class not in (Patient, Derived)]


EVENTS = _entries(Event)
