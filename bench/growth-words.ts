// Names for the rows of the growth benchmark: two words of twenty each and a number, so that a word begins, or is in,
// one name of twenty at any size.

const first =
  "amber brisk coral dusty early faint grand hazel ivory jolly keen lunar misty noble olive plain quiet rapid solar tidal";
const second =
  "anchor basin canyon delta ember forest garden harbor island jungle kettle lagoon meadow needle orchard pasture quarry river summit timber";
export const firstWords: readonly string[] = first.split(" ");
export const secondWords: readonly string[] = second.split(" ");

/** The same number always has the same name; words are spread as if drawn by lot. */
export function wordFor(at: number): string {
  const drawn = Math.imul(at, 2_654_435_761) >>> 0;
  const [one, two] = [firstWords[drawn % 20], secondWords[Math.floor(drawn / 4096) % 20]];
  return `${one}-${two}-${at}`;
}
