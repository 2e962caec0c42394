"use strict";
// Offers each table as CSV: what its cells say, and no text that a spreadsheet would take for a formula.
for (const [place, table] of [...document.querySelectorAll("main table")].entries()) {
  const cell = (one) => {
    const said = one.innerText.trim().replace(/\s*\n\s*/g, "; ");
    return `"${(/^[=+\-@]/.test(said) ? `'${said}` : said).replaceAll('"', '""')}"`;
  };
  const button = document.createElement("button");
  button.type = "button";
  button.className = "csv screen";
  button.textContent = "Save as CSV";
  button.addEventListener("click", () => {
    const rows = [...table.rows].map((row) => [...row.cells].map(cell).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`\ufeff${rows.join("\r\n")}\r\n`], { type: "text/csv" }));
    link.download = `table-${place + 1}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000); // at once, the browser might not have taken it yet
  });
  (table.closest(".wide") ?? table).after(button);
}
