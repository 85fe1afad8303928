// Draws the pictures of the overview, and asks for what is new in them every five seconds.
"use strict";

(() => {
  const EVERY = 5000;
  const SPAN = 30 * 60 * 1000;
  const MOST_KINDS = 5;
  const HEIGHT = 180;
  const OTHER = "other";
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];

  const root = document.getElementById("pictures");
  if (root === null || typeof uPlot === "undefined") return;

  const points = [];
  const pictures = [];
  const words = (name) => {
    const text = name.replaceAll("_", " ").replaceAll("-", " ").replaceAll(/\bapi\b/g, "API");
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  const total = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const shown = (value) =>
    value === null || value === undefined
      ? "none"
      : value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });

  // The kinds with the most in the whole span have a line of their own; the others share one.
  const byKind = (field) => () => {
    const sums = new Map();
    for (const point of points)
      for (const [kind, count] of Object.entries(point[field])) sums.set(kind, (sums.get(kind) ?? 0) + count);
    const kinds = [...sums.keys()].sort((one, two) => sums.get(two) - sums.get(one) || one.localeCompare(two));
    const named = kinds.slice(0, MOST_KINDS);
    const lines = named.map((kind) => ({
      name: words(kind),
      values: points.map((point) => (point[field][kind] ?? 0) / point.seconds),
    }));
    if (kinds.length > named.length)
      lines.push({
        name: words(OTHER),
        values: points.map((point) => {
          const ours = named.reduce((sum, kind) => sum + (point[field][kind] ?? 0), 0);
          return (total(point[field]) - ours) / point.seconds;
        }),
      });
    return lines.length > 0 ? lines : [{ name: "None", values: points.map(() => 0) }];
  };

  const one = (name, value) => () => [{ name, values: points.map(value) }];
  const LINES = {
    signups: one("Sign-ups", (point) => (point.commands.sign_up ?? 0) / point.seconds),
    commands: byKind("commands"),
    refusals: byKind("refusals"),
    commits: () => [
      { name: "Half of them", alone: true, values: points.map((point) => point.median) },
      { name: "99 % of them", alone: true, values: points.map((point) => point.slowest) },
    ],
    actors: one("Live actors", (point) => point.live_actors),
    position: one("Events", (point, index) =>
      index === 0 ? null : Math.max(point.position - points[index - 1].position, 0) / point.seconds,
    ),
  };

  // A gap in the samples, as of a service that was started again, is a gap in the line.
  const withGaps = (lines) => {
    const times = [];
    const values = lines.map(() => []);
    points.forEach((point, index) => {
      if (index > 0 && point.at - points[index - 1].at > 4 * EVERY) {
        times.push(points[index - 1].at / 1000 + 1);
        values.forEach((line) => line.push(null));
      }
      times.push(point.at / 1000);
      lines.forEach((line, number) => values[number].push(line.values[index]));
    });
    return [times, ...values];
  };

  const axis = (more) => ({
    stroke: () => colour("--chart-text"),
    grid: { stroke: () => colour("--chart-grid"), width: 1 },
    ticks: { stroke: () => colour("--chart-grid"), width: 1, size: 4 },
    font: "12px system-ui, sans-serif",
    ...more,
  });

  const clock = (seconds, step) => new Date(seconds * 1000).toISOString().slice(11, step < 60 ? 19 : 16);

  const drawing = (picture, lines) => {
    const options = {
      width: picture.box.clientWidth,
      height: HEIGHT,
      padding: [8, 20, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      legend: { live: false },
      scales: {
        x: { time: true, range: () => picture.span },
        y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        axis({ size: 30, values: (_plot, splits, _axis, _space, step) => splits.map((split) => clock(split, step)), space: 72 }),
        axis({ size: 56, values: (_plot, splits) => splits.map(shown) }),
      ],
      series: [
        { label: "UTC" },
        ...lines.map((line, number) => ({
          label: line.name,
          width: 2,
          dash: DASHES[number],
          stroke: () => colour(`--chart-${number + 1}`),
          points: { show: line.alone === true, size: 4 },
          spanGaps: false,
        })),
      ],
    };
    return new uPlot(options, withGaps(lines), picture.box);
  };

  const describe = (picture, lines) => {
    const unit = picture.box.dataset.unit;
    const said = lines.map((line) => {
      const known = line.values.filter((value) => value !== null && value !== undefined);
      if (known.length === 0) return `${line.name}: nothing yet`;
      return `${line.name}: now ${shown(known[known.length - 1])}, at most ${shown(Math.max(...known))}`;
    });
    picture.box.setAttribute("aria-label", `${picture.box.dataset.title}, ${unit}. ${said.join("; ")}.`);
  };

  const draw = () => {
    const end = points.length > 0 ? points[points.length - 1].at : Date.now();
    const start = Math.max(end - SPAN, Math.min(points[0]?.at ?? end, end - 120000));
    for (const picture of pictures) {
      picture.span = [start / 1000, end / 1000];
      const lines = LINES[picture.box.dataset.picture]();
      const names = lines.map((line) => line.name).join("\n");
      if (picture.plot !== undefined && names === picture.names) picture.plot.setData(withGaps(lines));
      else {
        picture.plot?.destroy();
        picture.names = names;
        picture.plot = drawing(picture, lines);
      }
      describe(picture, lines);
    }
    root.dataset.drawn = String(points.length);
  };

  const fresh = async () => {
    const after = points.length > 0 ? points[points.length - 1].at : 0;
    const answer = await fetch(`${root.dataset.source}?after=${after}`, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(`the figures were not answered: ${answer.status}`);
    const more = await answer.json();
    points.push(...more);
    while (points.length > 0 && points[0].at < points[points.length - 1].at - SPAN) points.shift();
    return more.length > 0;
  };

  const look = async () => {
    try {
      if ((await fresh()) || pictures[0].plot === undefined) draw();
      delete root.dataset.stale;
    } catch {
      root.dataset.stale = "true"; // the style says so; the next look may find the service again
    }
  };

  for (const box of root.querySelectorAll("[data-picture]")) pictures.push({ box });
  const redraw = () => {
    for (const picture of pictures) delete picture.names; // a legend keeps the colours that it was made with
    draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(() => {
    for (const picture of pictures) picture.plot?.setSize({ width: picture.box.clientWidth, height: HEIGHT });
  }).observe(root);

  look();
  setInterval(() => {
    if (!document.hidden) look();
  }, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
})();
