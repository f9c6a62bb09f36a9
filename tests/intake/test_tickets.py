from whistle.intake.tickets import Tickets

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Holder:
    def __init__(self, tickets: Tickets) -> None:
        self.tickets = tickets
        self.told: list[bool] = []

    def claim(self, ticket: bytes) -> list[bool]:
        self.tickets.claim(ticket, self, self.told.append)
        return self.told


def test_a_ticket_is_fresh_once() -> None:
    tickets = Tickets(60, 10)
    first, second = Holder(tickets), Holder(tickets)
    assert first.claim(A) == [True]
    assert tickets.spend(A, first)
    assert second.claim(A) == [False]


def test_a_second_claim_waits_for_the_first_and_is_told_its_outcome() -> None:
    tickets = Tickets(60, 10)
    first, second, third = Holder(tickets), Holder(tickets), Holder(tickets)
    assert (first.claim(A), second.claim(A), third.claim(A)) == ([True], [], [])
    tickets.release(first)
    assert (second.told, third.told) == ([True], [])
    assert tickets.spend(A, second)
    assert third.told == [False]


def test_only_the_holder_spends() -> None:
    tickets = Tickets(60, 10)
    first, second = Holder(tickets), Holder(tickets)
    first.claim(A)
    assert not tickets.spend(A, second)
    assert not tickets.spend(B, first)


def test_who_ends_while_waiting_is_not_told() -> None:
    tickets = Tickets(60, 10)
    first, second, third = Holder(tickets), Holder(tickets), Holder(tickets)
    first.claim(A), second.claim(A), third.claim(A)
    tickets.release(second)
    tickets.release(first)
    assert (second.told, third.told) == ([], [True])


def test_a_released_ticket_leaves_nothing_behind() -> None:
    tickets = Tickets(60, 10)
    first = Holder(tickets)
    first.claim(A)
    tickets.release(first)
    assert (len(tickets), tickets._claims) == (0, {})


def test_spent_tickets_are_forgotten_when_their_time_is_over() -> None:
    clock = Clock()
    tickets = Tickets(60, 10, clock)
    first = Holder(tickets)
    first.claim(A)
    tickets.spend(A, first)
    clock.now = 59
    assert Holder(tickets).claim(A) == [False]
    clock.now = 60
    assert Holder(tickets).claim(A) == [True]


def test_spent_tickets_are_bounded_in_number() -> None:
    tickets = Tickets(60, 2)
    for ticket in (A, B, C):
        holder = Holder(tickets)
        holder.claim(ticket)
        tickets.spend(ticket, holder)
    assert len(tickets) == 2
    assert [Holder(tickets).claim(ticket) for ticket in (A, B, C)] == [[True], [False], [False]]
