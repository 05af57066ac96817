// Draws the series of the totals. Lines differ in their dashes, too, so that they can be told apart without colour.
(function () {
  "use strict";
  var place = document.querySelector("[data-charts]");
  if (!place || !window.uPlot) { return; }
  var data = JSON.parse(document.getElementById(place.getAttribute("data-charts")).textContent);
  var days = data.day.map(function (day) { return Date.parse(day + "T00:00:00Z") / 1000; });
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var charts = [
    ["Requests a day", [["requests", "requests"], ["errors", "errors"]], ""],
    ["Tokens a day", [["input", "prompt"], ["cached", "cached"], ["output", "completion"]], ""],
    ["Cost a day", [["dollars", "cost"]], "$"],
    ["Time", [["p50", "p50"], ["p95", "p95"], ["first byte", "first"]], "s"],
    ["Tokens saved and lost a day", [["saved by compaction", "saved"], ["lost by cache breaks", "lost"]], ""]
  ];
  var light = ["#0b6b5c", "#a8201a", "#8a4b00"], bright = ["#5fd0bb", "#ff9a92", "#f0b85a"];
  var dashes = [[], [8, 4], [2, 3]], borders = ["solid", "dashed", "dotted"];

  function written(unit) {
    return function (_, value) {
      if (value === null || value === undefined) { return "–"; }
      if (unit === "$") { return "$" + value.toFixed(value < 1 ? 4 : 2); }
      if (unit === "s") { return value < 1000 ? Math.round(value) + " ms" : (value / 1000).toFixed(1) + " s"; }
      return value.toLocaleString("en");
    };
  }

  function marks(unit) {
    return function (_, values) {
      return values.map(function (value) {
        if (unit === "s") { return value / 1000 + " s"; }
        return (unit === "$" ? "$" : "") + value.toLocaleString("en", { notation: "compact" });
      });
    };
  }

  function drawn(box, title, lines, unit) {
    var colours = dark.matches ? bright : light, ink = dark.matches ? "#c8d2dc" : "#3a444e", grid = dark.matches ? "#2e3844" : "#e2e6ea";
    var axis = { stroke: ink, grid: { stroke: grid }, ticks: { stroke: grid } };
    var options = {
      title: title, width: Math.max(280, box.clientWidth), height: 220, tzDate: function (at) { return window.uPlot.tzDate(new Date(at * 1000), "Etc/UTC"); },
      series: [{ label: "day", value: "{YYYY}-{MM}-{DD}" }].concat(lines.map(function (line, number) {
        return { label: line[0], stroke: colours[number], width: 2, dash: dashes[number], points: { show: days.length < 40 }, value: written(unit) };
      })),
      axes: [Object.assign({}, axis, { values: "{MM}-{DD}", space: 60 }), Object.assign({ size: 62, values: marks(unit) }, axis)],
      hooks: { ready: [function (chart) { chart.setLegend({ idx: days.length - 1 }, false); }] },
      padding: [null, 20, null, null], cursor: { sync: { key: "days" } },
      legend: { markers: { width: 3, dash: function (_, number) { return borders[number - 1]; }, fill: function () { return "transparent"; } } },
      scales: { y: { range: function (_, low, high) { return [0, high > 0 ? high * 1.08 : 1]; } } }
    };
    var columns = [days].concat(lines.map(function (line) { return data[line[1]]; }));
    var chart = new window.uPlot(options, columns, box);
    return function () { chart.setSize({ width: Math.max(280, box.clientWidth), height: 220 }); };
  }

  function draw() {
    place.textContent = "";
    // All boxes first: each one's width depends on how many there are.
    var boxes = charts.map(function () { return place.appendChild(document.createElement("div")); });
    boxes.forEach(function (box) { box.className = "chart"; });
    resizes = charts.map(function (chart, number) { return drawn(boxes[number], chart[0], chart[1], chart[2]); });
  }
  var resizes = [];
  draw();
  dark.addEventListener("change", draw);
  window.addEventListener("resize", function () { resizes.forEach(function (resize) { resize(); }); });
})();
