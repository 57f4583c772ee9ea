/** The ranking board: placing, ties, moves without ties, undo, and what is submitted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Board,
  begin,
  boardOf,
  change,
  emptyBoard,
  groups,
  insert,
  move,
  pairs,
  place,
  ranks,
  rate,
  tie,
  toggleFlag,
  undo,
  unplaced,
} from '../../src/ui/rank/ranking';

/** A board from slots alone. */
const at = (...slots: (number | null)[]): Board => ({ ...emptyBoard(slots.length), slots });

describe('placing', () => {
  test('a completion takes the rank that it is given', () => {
    expect(place(emptyBoard(3), 1, 0).slots).toEqual([null, 0, null]);
  });
  test('two completions at one rank are tied', () => {
    expect(groups(place(at(0, null, null), 2, 0))).toEqual([[0, 2], [], []]);
  });
  test('a rank beyond the completions changes nothing', () => {
    const board = emptyBoard(3);
    expect(place(board, 0, 3)).toBe(board);
  });
  test('a completion can be taken off again', () => {
    expect(unplaced(place(at(0, 1), 0, null))).toEqual([0]);
  });
});

describe('moving', () => {
  test('past a neighbour changes places with it and makes no tie', () => {
    expect(move(at(0, 1, 2), 1, -1).slots).toEqual([1, 0, 2]);
  });
  test('past a tie changes places with the whole of it', () => {
    expect(move(at(0, 0, 1), 2, -1).slots).toEqual([1, 1, 0]);
  });
  test('out of a tie gives a place of its own on that side', () => {
    expect(move(at(0, 0, 1), 1, 1).slots).toEqual([0, 1, 2]);
    expect(move(at(1, 1, 0), 0, -1).slots).toEqual([1, 2, 0]);
  });
  test('at the end of the ranking changes nothing', () => {
    const board = at(0, 1);
    expect(move(board, 0, -1)).toBe(board);
    expect(move(board, 1, 1)).toBe(board);
  });
  test('what is not placed enters at the end', () => {
    expect(move(at(0, null, 1), 1, 1).slots).toEqual([0, 2, 1]);
  });
});

describe('ties and inserts', () => {
  test('a tie joins the nearest better one, or the nearest worse one from the top', () => {
    expect(tie(at(0, 2, 1), 1).slots).toEqual([0, 1, 1]);
    expect(tie(at(0, 2, null), 0).slots).toEqual([2, 2, null]);
  });
  test('an insert keeps the order of the rest', () => {
    expect(insert(at(0, 1, 2), 2, 0).slots).toEqual([1, 2, 0]);
    expect(insert(at(0, 1, 2), 0, 2).slots).toEqual([2, 0, 1]);
  });
});

describe('what is submitted', () => {
  test('ranks count from 1 without gaps and share a number in a tie', () => {
    expect(ranks(at(3, 0, 3, 1))).toEqual([3, 1, 3, 2]);
  });
  test('there are no ranks until all are placed', () => {
    expect(ranks(at(0, null))).toBeNull();
  });
  test('K different ranks give K(K − 1)/2 pairs, and a tie none', () => {
    expect(pairs(at(0, 1, 2, 3))).toBe(6);
    expect(pairs(at(0, 0, 1, 2))).toBe(5);
    expect(pairs(at(0, 0, 0))).toBe(0);
  });
  test('the same Likert score twice takes it back, flags toggle', () => {
    expect(rate(rate(emptyBoard(1), 0, 5), 0, 5).likert).toEqual([null]);
    expect(toggleFlag(emptyBoard(1), 0, 'hallucination').flags).toEqual([['hallucination']]);
  });
  test('a submission gives its board back', () => {
    const given = { ranks: [2, 1, 2], likert: [null, 7, 1], flags: [[], [], ['denigrates']] };
    expect(ranks(boardOf(given))).toEqual(given.ranks);
    expect(unplaced(boardOf({ ...given, ranks: null }))).toEqual([0, 1, 2]);
  });
});

type Action = (board: Board) => Board;
const k = 5;
const item = fc.integer({ min: 0, max: k - 1 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.tuple(item, item).map(
    ([i, slot]): Action =>
      (b) =>
        place(b, i, slot),
  ),
  fc.tuple(item, item).map(
    ([i, slot]): Action =>
      (b) =>
        insert(b, i, slot),
  ),
  fc.tuple(item, fc.constantFrom(-1 as const, 1 as const)).map(
    ([i, by]): Action =>
      (b) =>
        move(b, i, by),
  ),
  item.map(
    (i): Action =>
      (b) =>
        tie(b, i),
  ),
  item.map(
    (i): Action =>
      (b) =>
        place(b, i, null),
  ),
);

describe('whatever is done', () => {
  test('slots stay within the board', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const board = actions.reduce((b, act) => act(b), emptyBoard(k));
        for (const slot of board.slots) {
          if (slot !== null) expect(slot >= 0 && slot < k && Number.isInteger(slot)).toBe(true);
        }
      }),
    );
  });
  test('a move never makes a new tie', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), item, fc.boolean(), (actions, i, up) => {
        const board = actions.reduce((b, act) => act(b), emptyBoard(k));
        fc.pre(board.slots[i] !== null);
        const moved = move(board, i, up ? -1 : 1);
        expect(groups(moved).find((group) => group.includes(i))).toEqual(
          moved === board ? groups(board).find((group) => group.includes(i)) : [i],
        );
      }),
    );
  });
  test('an insert leaves the completion alone at its slot', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), item, item, (actions, i, slot) => {
        const board = actions.reduce((b, act) => act(b), emptyBoard(k));
        expect(groups(insert(board, i, slot))[slot]).toEqual([i]);
      }),
    );
  });
  test('undo goes back through every change to the beginning', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
        const start = begin(emptyBoard(k));
        let history = actions.reduce((h, act) => change(h, act(h.present)), start);
        for (let before = undo(history); before; before = undo(before)) history = before;
        expect(history.present).toEqual(start.present);
      }),
    );
  });
});
