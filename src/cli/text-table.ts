/**
 * Rows in columns of equal width, two blanks between them. A row that is a string stands for
 * itself across all columns.
 */
export function formatTable(rows: readonly (readonly string[] | string)[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    if (typeof row !== 'string') {
      row.forEach((cell, column) => {
        widths[column] = Math.max(widths[column] ?? 0, cell.length);
      });
    }
  }
  return rows
    .map((row) => {
      const line =
        typeof row === 'string'
          ? row
          : row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      return `${line.trimEnd()}\n`;
    })
    .join('');
}
