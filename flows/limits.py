"""The hard limits of the flow language, in one place, each with its reason."""

STEPS_PER_TURN = 200  # a flow without input is found at load; this stops what a check cannot see
STACK = 12  # calls within calls
TRAIL = 10  # questions that *back* can reach; every turn writes them all
TEXT_TYPED = 4096  # what we read of a message; the rest is noise (Telegram's own limit)
SHORT_MESSAGE = 220  # about 45 words: what is read at one glance on a small screen
TEXT_KEPT = 1000  # an answer in words
OWN_WORDS = 10  # characters from which on words that fit no choice are a sentence of hers, not a slip
TRIES = 3  # misunderstandings before a way out is offered
TRIES_ASIDE = 2  # ... before a menu or another aside is left, back to the question it interrupted
STEPS_PER_FLOW = 300
VISIT_PAUSE = 30 * 60  # seconds; docs/analyst: a visit ends after 30 minutes without an inbound
SECOND = 1_000_000  # instants are microseconds
