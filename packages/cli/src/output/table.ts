// Columns that line up, for people. Nothing is cut off, and no line ends in blanks, so that it pipes well.

/** Control characters would disturb the terminal; they are shown as escapes. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) =>
    char === '\n' ? '\\n' : `\\x${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}

export function renderTable(
  columns: readonly { readonly title: string; readonly isNumber: boolean }[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((cells) => cells.map(printable))];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => widthOf(cells[i] ?? ''))));
  return lines
    .map((cells) => {
      const padded = columns.map(({ isNumber }, i) => {
        const cell = cells[i] ?? '';
        const blanks = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
        return isNumber ? blanks + cell : cell + blanks;
      });
      return `${padded.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** Columns a text takes on a terminal: wide East Asian characters and emoji take two, combining marks none. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{Mn}/u.test(char)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return width;
}
