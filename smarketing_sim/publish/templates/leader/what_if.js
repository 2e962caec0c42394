"use strict";
// Moves over a grid of simulated plans; between its points it draws straight lines and says so, but not across a cliff.
const STEEP = 0.25;  // of the months: what lies between two plans that differ by more is not known
for (const box of document.querySelectorAll("[data-what-if]")) {
  const grid = JSON.parse(box.dataset.whatIf);
  const [reps, leads, limit] = box.querySelectorAll("input");
  const said = box.querySelector("[role=status]");
  const around = (values, at) => {
    const above = Math.min(Math.max(values.findIndex((value) => value >= at), 1), values.length - 1);
    const part = (at - values[above - 1]) / (values[above] - values[above - 1]);
    return [above - 1, above, Math.min(Math.max(part, 0), 1)];
  };
  const mix = (one, other, part) =>
    part === 0 ? one : part === 1 ? other : one.map((value, place) => value + (other[place] - value) * part);
  const at = (pick, [low, high, up], [left, right, along]) =>
    mix(mix(pick(grid.points[low][left]), pick(grid.points[low][right]), along),
        mix(pick(grid.points[high][left]), pick(grid.points[high][right]), along), up);
  const money = (amount) => {
    const size = Math.abs(amount), sign = Math.round(amount) < 0 ? "\u2212" : "";
    const mark = sign + grid.mark;
    for (const [scale, name] of [[1e9, "bn"], [1e6, "m"]]) {
      if (size < 0.9995 * scale) continue;
      const told = (size / scale).toFixed(size < 9.995 * scale ? 2 : 1);
      return `${mark}${size < 9.995 * scale ? told.replace(/0$/, "") : told}${name}`;
    }
    return size >= 9950 ? `${mark}${Math.round(size / 1e3)}k` : `${mark}${Math.round(size)}`;
  };
  const months = (share) => (share * grid.months).toFixed(1);
  const show = () => {
    const rows = around(grid.headcounts, Number(reps.value)), columns = around(grid.volumes, Number(leads.value) / 100);
    const place = Number(limit.value);
    const kept = at((point) => point.kept[place], rows, columns);
    const [called] = at((point) => [point.called[place]], rows, columns);
    const worth = at((point) => point.contribution, rows, columns);
    const [handed] = at((point) => [point.handed], rows, columns);
    const exact = [rows[2], columns[2]].every((part) => part === 0 || part === 1);
    const known = kept.every((value) => value !== null && !Number.isNaN(value));
    reps.setAttribute("aria-valuetext", `${reps.value} reps`);
    leads.setAttribute("aria-valuetext", `${leads.value}% of today's leads, ${Math.round(handed)} a month`);
    limit.setAttribute("aria-valuetext", grid.limits[place]);
    reps.nextElementSibling.textContent = reps.value;
    leads.nextElementSibling.textContent = `${leads.value}%, ${Math.round(handed)} a month`;
    limit.nextElementSibling.textContent = grid.limits[place];
    const sides = ([low, high, part]) => (part === 0 ? [low] : part === 1 ? [high] : [low, high]);
    const corners = sides(rows).flatMap((row) => sides(columns).map((column) => grid.points[row][column]));
    const ends = (pick) => [Math.min(...corners.map(pick)), Math.max(...corners.map(pick))];
    const [least, most] = ends((point) => point.kept[place][0]);
    if (known && most - least > STEEP) {
      const [poorest, richest] = ends((point) => point.contribution[0]);
      said.textContent =
        `Between the simulated plans around this one the answer changes too fast to be drawn: a first call within ` +
        `${grid.limits[place]} for ${Math.round(100 * grid.target)}% of the leads is kept in ${months(least)} to ` +
        `${months(most)} of ${grid.months} months, contribution ${money(poorest)} to ${money(richest)}.`;
      return;
    }
    const promise = known
      ? `A first call within ${grid.limits[place]} for ${Math.round(100 * grid.target)}% of the leads is kept in ` +
        `${months(kept[0])} of ${grid.months} months (range ${months(kept[1])} to ${months(kept[2])}); ` +
        `${Math.round(100 * called)}% are called in time.`
      : "No month of this plan has a lead that the promise covers.";
    said.textContent =
      `${promise} Contribution ${money(worth[0])} (range ${money(worth[1])} to ${money(worth[2])}). ` +
      (exact ? "This point was simulated." : "Between simulated plans: drawn straight between the nearest ones.");
  };
  for (const input of [reps, leads, limit]) input.addEventListener("input", show);
  box.hidden = false;
  show();
}
