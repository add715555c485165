// The page in a real browser: HANDOVER is the binary, CHROMIUM the browser, SHOTS the folder for screenshots. Every check says what it saw.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { HANDOVER = "handover", CHROMIUM = "/usr/bin/chromium", SHOTS } = process.env;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const running = [];
let failed = 0;

const say = (text) => console.log(`ok      ${text}`);
const check = (holds, text) => {
  if (holds) return say(text);
  failed++;
  console.log(`FAIL    ${text}`);
};

/** A connection that can be cut: a proxy between browser and server. */
async function connection() {
  let up = true;
  const sockets = new Set();
  const proxy = http.createServer((request, answer) => {
    const { hostname, port, pathname, search } = new URL(request.url);
    const onward = http.request({ host: hostname, port, path: pathname + search, method: request.method, headers: request.headers }, (from) => {
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  proxy.on("connection", (socket) => {
    if (!up) return socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
  return {
    proxy,
    settings: () => ({ server: `http://127.0.0.1:${proxy.address().port}`, bypass: "<-loopback>" }),
    cut: () => {
      up = false;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => (up = true),
  };
}

/** Starts a server and opens its page in a browser of its own. */
async function open(args = [], proxy = undefined) {
  const server = spawn(HANDOVER, ["web", "--emulated", "--allow-actions", ...args]);
  running.push(server);
  const url = await new Promise((done, fail) => {
    let out = "";
    server.stdout.on("data", (text) => (out += text).includes("\n") && done(out.trim()));
    server.on("exit", (code) => fail(new Error(`the server ended with ${code}`)));
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, proxy });
  const page = await context.newPage();
  const outside = [];
  const broken = [];
  page.on("request", (r) => new URL(r.url()).origin !== new URL(url).origin && outside.push(r.url()));
  page.on("pageerror", (e) => broken.push(e.message));
  page.on("console", (m) => m.type() === "error" && !/ERR_(EMPTY_RESPONSE|CONNECTION|PROXY|INCOMPLETE|TUNNEL)/.test(m.text()) && broken.push(m.text()));
  return { server, context, page, url, origin: new URL(url).origin, outside, broken };
}

async function accessible(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(`${axe}`); // the page's policy lets no script in but through the debugger
    const { violations } = await page.evaluate("axe.run()");
    const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
    check(serious.length === 0, `axe: ${name}, ${colorScheme}: nothing serious${serious.map((v) => `\n        ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`).join("")}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function shoot(page, name, fullPage = true) {
  for (const width of [1280, 400]) {
    await page.setViewportSize({ width, height: 860 });
    await page.waitForTimeout(700); // the picture is drawn anew for the width
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(wide <= width, `${name}: nothing is wider than ${width} pixels (${wide})`);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.waitForTimeout(400);
}

const text = (page, selector) => page.locator(selector).first().innerText();

async function entrance() {
  const { page, url, origin, context } = await open();
  const wrong = await page.goto(`${origin}/?token=WRONG`);
  check(wrong.status() === 403, `a wrong token is refused (${wrong.status()})`);
  await page.goto(url);
  await page.waitForURL(`${origin}/services`);
  say("the address opens the page");
  const stranger = await (await browser.newContext()).newPage();
  const again = await stranger.goto(url);
  check(again.status() === 403, `the address does not work a second time (${again.status()})`);
  await accessible(page, "services");
  await context.close();
}

async function onPaper() {
  const { page, url, origin, outside, broken, context } = await open();
  await page.goto(url);
  await page.waitForURL(`${origin}/services`);
  await page.goto(`${origin}/what-if`);
  await page.waitForSelector("body[data-drawn]");
  const before = await text(page, "h1");
  await page.locator("#max").focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((was) => document.querySelector("h1").innerText !== was, before);
  check((await text(page, "h1")).includes("Done in") && page.url().includes("a.max=150"), `a slider moves the picture: ${before} → ${await text(page, "h1")}`);
  const took = Number(await page.evaluate(() => document.body.dataset.drawn));
  say(`from the slider to the picture: ${took} ms`);
  await page.getByRole("button", { name: "No room: 100/100" }).click();
  await page.getByText("it would never finish").waitFor();
  say("100/100 is refused, and said why");
  await page.getByRole("button", { name: "Batches of five" }).click();
  await page.getByRole("button", { name: "B", exact: true }).click();
  await page.getByRole("button", { name: "The same with a short drain" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".stage:not([hidden]) svg.timeline").length === 2);
  const untils = await page.$$eval(".stage svg.timeline", (all) => all.map((svg) => svg.dataset.until));
  check(untils[0] === untils[1], `two settings stand side by side on one scale of time (${untils.join(", ")} s)`);
  await accessible(page, "what if");
  await shoot(page, "what-if");
  await page.getByRole("button", { name: "Table" }).first().click();
  check((await page.locator(".stage table tbody tr").count()) >= 20, "the same is there as a table");
  await page.reload();
  await page.waitForSelector("body[data-drawn]");
  check((await page.inputValue("#desired")) === "10", "the settings are in the address");
  check(outside.length === 0 && broken.length === 0, `nothing is asked of another host, and nothing is broken ${outside} ${broken}`);
  await context.close();
}

async function live() {
  const line = await connection();
  const { page, url, origin, outside, broken, context } = await open(["test"], line.settings());
  await page.goto(url);
  await page.waitForURL(`${origin}/services/default/test`);
  await page.waitForSelector(".pulse[data-pulse=live]");
  check((await text(page, "h1")).includes("is steady"), `it shows the service: ${await text(page, "h1")}`);
  await page.waitForSelector("[data-planned]:not([hidden]) svg");
  say(`it plans: ${await text(page, "[data-planned] h1")}`);
  await accessible(page, "a steady service");
  await shoot(page, "steady");
  await page.getByRole("button", { name: "Restart…" }).click();
  await page.getByRole("button", { name: "No", exact: true }).click();
  check((await text(page, "h1")).includes("is steady"), "No starts nothing");
  await page.getByRole("button", { name: "Restart…" }).click();
  await accessible(page, "the question");
  await page.getByRole("button", { name: "Yes", exact: true }).click();
  await page.getByText("Restart of default/test").waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".lane.new rect.actual.healthy").length >= 5, null, { timeout: 60_000 });
  await page.locator(".picture").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  say(`the arrow keys step from event to event: ${await text(page, "[data-cursor]")}`.replaceAll("\n", " "));
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/running-1280-light.png` });
  line.cut();
  await page.waitForSelector(".pulse[data-pulse=lost]");
  say(`without a connection it says so: ${await text(page, ".pulse")}`);
  line.mend();
  await page.waitForSelector(".pulse:not([data-pulse=lost])", { timeout: 20_000 });
  say(`and goes on by itself: ${await text(page, ".pulse")}`);
  await page.getByText("Restarted default/test in").waitFor({ timeout: 120_000 });
  const lanes = await page.locator(".stage .lane.new").count();
  say(`the restart is followed to its end: ${await text(page, "h1")}, ${await text(page, ".line")}`);
  check(lanes >= 5 && (await page.locator(".stage").first().locator("rect.past").count()) > 0, "what was predicted stands beneath what happened");
  await accessible(page, "a restart");
  await shoot(page, "restarted");
  check(outside.length === 0 && broken.length === 0, `nothing is asked of another host, and nothing is broken ${outside} ${broken}`);
  await context.close();
  line.proxy.close();
}

async function crowd() {
  const { page, url, origin, context } = await open(["crowd", "--scenario", new URL("crowd.txt", import.meta.url).pathname]);
  await page.goto(url);
  await page.waitForURL(`${origin}/services/default/crowd`);
  await page.waitForSelector("[data-planned]:not([hidden]) svg", { timeout: 120_000 });
  await page.locator("[data-planned] [data-lanes]").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-planned] .lane").length >= 500, null, { timeout: 120_000 });
  const lanes = await page.locator("[data-planned] .lane").count();
  const best = await page.evaluate(() => {
    const place = document.querySelector("[data-planned] [data-part=picture]");
    const svg = place.innerHTML;
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      place.innerHTML = "";
      place.getBoundingClientRect();
      const began = performance.now();
      place.innerHTML = svg;
      place.getBoundingClientRect();
      least = Math.min(least, performance.now() - began);
    }
    return Math.round(least);
  });
  check(best <= 100, `${lanes} lanes are drawn in ${best} ms (parsed and laid out, the best of five)`);
  await context.close();
}

try {
  for (const part of [entrance, onPaper, live, crowd]) await part();
} finally {
  await browser.close();
  for (const server of running) server.kill("SIGINT");
}
process.exitCode = failed > 0 ? 1 : 0;
