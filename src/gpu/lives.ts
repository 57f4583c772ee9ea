/** Lives on a tape, and who can share memory because theirs are apart. */

/** From the first operation that touches something to the last. */
export interface Life {
  readonly first: number;
  readonly last: number;
}

/**
 * Puts what lives at other times into one home. The largest come first and are as large as their
 * home, so that none ever has to grow; the others take the tightest one that has room.
 * @param bytes the size that orders them
 * @param fits whether one has room in the home of a larger one; by default always
 * @returns the guests of each home, the largest first
 */
export function shareHomes<Guest extends Life>(
  guests: readonly Guest[],
  bytes: (guest: Guest) => number,
  fits: (home: Guest, guest: Guest) => boolean = () => true,
): Guest[][] {
  const homes: Guest[][] = [];
  for (const guest of guests.toSorted((a, b) => bytes(b) - bytes(a) || a.first - b.first)) {
    const apart = (other: Guest) => other.last < guest.first || other.first > guest.last;
    const home = homes.findLast((others) => fits(others[0]!, guest) && others.every(apart));
    if (home) home.push(guest);
    else homes.push([guest]);
  }
  return homes;
}
