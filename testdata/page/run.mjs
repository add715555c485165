// The page in a real browser: HANDOVER is the binary, CHROMIUM the browser, SHOTS the folder for screenshots,
// PARTS the names of the parts to run, where not all, OUTLINE what the page in the README's picture was made of. Every check says what it saw.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { HANDOVER = "handover", CHROMIUM = "/usr/bin/chromium", SHOTS, PARTS, OUTLINE, SCENES } = process.env;
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
async function open(args = [], proxy = undefined, where = ["--emulated"], env = process.env) {
  const server = spawn(HANDOVER, ["web", ...where, "--allow-actions", ...args], { env });
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

/**
 * What the page is made of, whatever it shows at the moment: each kind of visible element once, with the words of those that always say the same. The picture of
 * the README was taken of a page with the same outline, or it is out of date.
 */
const outline = (page) => page.evaluate(() => {
  const lines = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || e.closest("defs, .patterns, [data-part=table]")) continue;
    if (e.matches(".lane rect, rect.actual")) continue; // which phases there are depends on the moment
    const kind = [e.tagName.toLowerCase(), ...[...e.classList].filter((c) => !["lit", "now", "predicted", "bad", "warn", "ok"].includes(c)).sort()].join(".");
    const words = e.matches("a, button, dt, h2, .legend text") ? ` ${e.textContent}` : "";
    lines.add(`${kind}${words}`);
  }
  const style = getComputedStyle(document.body);
  return [...lines, `font ${style.font}`, `ground ${getComputedStyle(document.documentElement).backgroundColor}`].sort().join("\n") + "\n";
});

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
  await page.waitForFunction((was) => document.querySelector("h1").innerText !== was && location.search.includes("a.max=150"), before);
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
  await page.getByRole("heading", { name: "Restarting default/test" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".lane.new rect.actual.healthy").length >= 5, null, { timeout: 60_000 });
  await page.locator(".picture").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  say(`the arrow keys step from event to event: ${await text(page, "[data-cursor]")}`.replaceAll("\n", " "));
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/running-1280-light.png` });
  const now = await outline(page);
  if (SHOTS) await writeFile(`${SHOTS}/running.outline`, now);
  if (OUTLINE) check(now === (await readFile(OUTLINE, "utf8")), "the picture of the README shows the page as it is; or make it anew by .ci/pictures");
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

/** Chooses an operation and fills in its form; gives what its plan says. */
async function planned(page, operation, fill = undefined) {
  const form = page.locator("form[data-operation]:not([hidden])");
  const shown = async (change) => {
    await page.evaluate(() => document.querySelector("[data-planned]").removeAttribute("data-of"));
    await change();
    const name = await form.getAttribute("data-operation");
    await page.waitForFunction((n) => document.querySelector("[data-planned]").dataset.of?.startsWith(`operation=${n}`), name, { timeout: 60_000 });
  };
  await shown(() => page.locator(".tabs").getByRole("button", { name: operation, exact: true }).click());
  if (fill) {
    await fill(form);
    await page.waitForTimeout(300);
    await shown(() => form.getByRole("button", { name: "Plan it" }).click());
  }
  return text(page, "[data-planned] [data-part=lead]");
}

const lead = (page) => text(page, "[data-frames] [data-part=lead]");

/** Begins what was planned, by Yes or by a name, and waits until the lead says something. */
async function begin(page, button, wanted, name = "") {
  await page.getByRole("button", { name: button, exact: true }).click();
  if (name) await page.getByLabel("Type").fill(name);
  await page.locator("dialog").getByRole("button", { name: "Yes", exact: true }).click();
  await page.waitForFunction((words) => document.querySelector("[data-frames] [data-part=lead]").innerText.includes(words), wanted, { timeout: 120_000 });
  return lead(page);
}

async function operations() {
  const { page, url, origin, outside, broken, context } = await open(["default/api"]);
  await page.goto(url);
  await page.waitForURL(`${origin}/services/default/api`);
  await page.waitForSelector(".pulse[data-pulse=live]");
  check((await page.inputValue("#restart-max-percent")) === "150", "the sliders begin as the service's own bounds are");
  check((await planned(page, "Update")).includes("needs to know what to deploy"), "an update without a definition is refused in the words of the command line");
  check((await planned(page, "Abort")).includes("nothing is under way"), "there is nothing to abort, and the plan says so");
  check((await planned(page, "Restore")).toLowerCase().includes("nothing"), "there is nothing to restore, and the plan says so");
  const recycle = await planned(page, "Recycle", async (form) => {
    await form.getByLabel("Method").selectOption("stop");
    await form.getByText("More options").click();
    await form.getByLabel("Surge").fill("0");
    await form.getByLabel("Limit").fill("2");
  });
  check(recycle.includes("The recycle takes about"), `a recycle is planned with its options: ${recycle.split("\n")[0]}`);
  await accessible(page, "the form of a recycle");
  await shoot(page, "recycle");
  await page.getByRole("button", { name: "Recycle…" }).click();
  check((await text(page, "[data-question]")).includes("Careful") && (await page.getByLabel("Type").isVisible()), "what goes below the service's own minimum is confirmed by its name");
  await page.getByLabel("Type").fill("apo");
  await page.locator("dialog").getByRole("button", { name: "Yes", exact: true }).click();
  await page.getByText("not confirmed").waitFor();
  say("another name starts nothing");
  await page.getByLabel("Type").fill("api");
  await page.locator("dialog").getByRole("button", { name: "Yes", exact: true }).click();
  await page.getByRole("heading", { name: "Recycling default/api" }).waitFor();

  const second = await context.newPage();
  await second.goto(`${origin}/services/default/api`);
  await second.getByRole("heading", { name: "Recycling default/api" }).waitFor();
  const status = await second.evaluate(async () => {
    const plan = await (await fetch("/services/default/api/plan?operation=restart")).json();
    const body = new URLSearchParams({ operation: "restart", confirm: "yes", fingerprint: plan.fingerprint });
    return (await fetch("/services/default/api/begin", { method: "POST", body })).status;
  });
  check(status === 409 && !(await second.locator(".controls").isVisible()), `a second tab shows the same, and starts nothing beside it (${status})`);
  await page.waitForFunction(() => document.querySelectorAll("[data-frames] .lane.new").length > 0, null, { timeout: 60_000 });
  await second.getByRole("button", { name: "Have it stop" }).click();
  await second.locator("dialog").getByRole("button", { name: "Yes", exact: true }).click();
  await page.waitForFunction(() => /aborted by/i.test(document.querySelector("[data-frames] [data-part=lead]").innerText), null, { timeout: 120_000 });
  check((await lead(page)).includes("abort"), `an operation is aborted from the other tab: ${(await lead(page)).split("\n")[0]}`);
  await second.close();
  await page.locator(".tabs").waitFor();

  let back = await planned(page, "Roll back");
  for (let i = 0; i < 30 && back.includes("not stable"); i++) back = await planned(page, "Roll back"); // the task that was being replaced is not back yet
  check(back.includes("The rollback takes about"), `a rollback is planned: ${back.split("\n")[0]}`);
  say(`and done: ${(await begin(page, "Roll back…", "Rolled default/api back to api:1")).split("\n")[0]}`);
  const update = await planned(page, "Update", async (form) => form.getByLabel("Task definition").fill("api:3"));
  check(update.includes("The update takes about"), `an update is planned: ${update.split("\n")[0]}`);
  const ended = await begin(page, "Update…", "failed");
  check(ended.includes("ECS rolls back"), `one that fails is told as a failure: ${ended.split("\n")[0]}`);
  check((await page.locator("[data-frames] .cross").count()) > 0, "what failed is crossed");
  await shoot(page, "failed");
  const fast = await planned(page, "Restart", async (form) => {
    await form.getByLabel("Fast", { exact: true }).check();
    await form.getByText("More options").click();
    await form.getByLabel("Allow in progress").check();
    await form.getByLabel("Allow unstable").check();
  });
  say(`a fast restart is planned: ${fast.split("\n")[0]}`);
  say(`and done: ${(await begin(page, "Restart…", "Restarted default/api", "api")).split("\n")[0]}`);
  check(outside.length === 0 && broken.filter((e) => !/40[039]/.test(e)).length === 0, `nothing is asked of another host, and nothing is broken ${outside} ${broken.filter((e) => !/40[039]/.test(e))}`);
  await context.close();
}

async function instance() {
  const { page, url, origin, outside, broken, context } = await open();
  await page.goto(url);
  await page.getByRole("link", { name: "i-00000000000000001" }).click();
  await page.waitForSelector(".pulse[data-pulse=live]");
  await page.waitForFunction(() => document.querySelector("h1").innerText.includes("is ACTIVE"));
  check((await page.locator("[data-frames] .lane").count()) >= 3, `an instance is shown with what it carries: ${await text(page, "h1")}`);
  const plan = await planned(page, "Drain");
  check(plan.includes("agent: 1 task: daemon") && plan.includes("api: "), `its drain is foreseen: ${plan.replaceAll("\n", " · ")}`);
  await accessible(page, "an instance");
  await shoot(page, "instance");
  await page.getByRole("button", { name: "Drain…", exact: true }).click();
  await page.locator("dialog").getByRole("button", { name: "Yes", exact: true }).click();
  await page.getByRole("heading", { name: "Draining default/i-00000000000000001" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("[data-frames] rect.draining").length > 1, null, { timeout: 60_000 });
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/draining-1280-light.png` });
  await page.waitForFunction(() => document.querySelector("h1").innerText.includes("Drained i-"), null, { timeout: 120_000 });
  say(`it is drained: ${await text(page, "h1")}; ${await text(page, ".figures")}`.replaceAll("\n", " "));
  await planned(page, "Take tasks again");
  say(`and takes tasks again: ${(await begin(page, "Take tasks again…", "again")).split("\n")[0]}`);
  check(outside.length === 0 && broken.length === 0, `nothing is asked of another host, and nothing is broken ${outside} ${broken}`);
  await context.close();
}

/** Runs a command to its end; gives what it said. */
const run = (args, env = process.env) => new Promise((done) => {
  const process = spawn(HANDOVER, args, { env });
  let said = "";
  process.stdout.on("data", (text) => (said += text));
  process.stderr.on("data", (text) => (said += text));
  process.on("exit", (code) => done({ said, code }));
});

/** A service that does not get on, and the pages that need no server. */
async function stuck() {
  const scene = join(SCENES, "stuck.txt");
  const { page, url, origin, outside, broken, context } = await open(["bad-health", "--scenario", scene, "--speed", "1"]);
  await page.goto(url);
  await page.waitForURL(`${origin}/services/default/bad-health`);
  await page.waitForSelector(".why");
  check((await text(page, ".why .text")).includes("fails its load-balancer health check"), `a stuck service says why: ${await text(page, ".why .text")}`);
  check((await text(page, ".why")).includes("handover rollback default/bad-health"), "and what can be done");
  await accessible(page, "a stuck service");
  await shoot(page, "stuck");
  await page.goto(`${origin}/services/default/fine`);
  await page.getByRole("heading", { name: "is steady" }).waitFor();
  check((await page.locator(".why").count()) === 0, "a service that is well has nothing to explain");
  check(outside.length === 0 && broken.length === 0, `nothing is asked of another host, and nothing is broken ${outside} ${broken}`);

  const folder = await mkdtemp(join(tmpdir(), "handover-page-"));
  for (const [name, args] of [["diagnosis", ["diagnose", "missing-image", "--emulated"]], ["several", ["restart", "--all", "--emulated", "--speed", "60000"]]]) {
    const file = join(folder, `${name}.html`);
    await run([...args, "--progress", "none", "--html", file]);
    const broken = [];
    page.on("pageerror", (e) => broken.push(e.message));
    await page.goto(`file://${file}`);
    await accessible(page, `the report of ${name}`);
    await shoot(page, `report-${name}`);
    check(broken.length === 0, `the report of ${name} is whole ${broken}`);
  }
  check((await page.locator(".stage").count()) === 4, "several services are on one page");
  await context.close();
}

/** Operations of other processes, whose claims are on the service. */
async function others() {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y", AWS_EC2_METADATA_DISABLED: "true", HANDOVER_STATE: "off" };
  const emulator = spawn(HANDOVER, ["emulator", "--listen", "127.0.0.1:0", "--speed", "30", "--scenario", join(SCENES, "web.txt")], { env });
  running.push(emulator);
  const endpoint = await new Promise((done) => {
    let out = "";
    emulator.stdout.on("data", (text) => (/on (http:\S+)/.test(out += text)) && done(/on (http:\S+)/.exec(out)[1]));
  });
  const where = ["--endpoint-url", endpoint, "--region", "us-east-1"];
  /** Another process that has a claim on the service. One that finds what was before not put back yet is begun again. */
  const other = async () => {
    for (;;) {
      const begun = spawn(HANDOVER, ["recycle", "default/api", "--yes", "--allow-unstable", "--timeout", "2h", "--progress", "none", ...where], { env });
      running.push(begun);
      const over = new Promise((done) => begun.on("exit", done));
      const told = page.waitForFunction(() => document.querySelector("[data-frames] [data-part=lead]").innerText.includes("is at it since"), null, { timeout: 60_000 });
      if (await Promise.race([told.then(() => true), over.then(() => false)])) return { begun, over };
      await told.catch(() => {});
    }
  };
  const { page, url, origin, broken, context } = await open(["default/api"], undefined, where, env);
  await page.goto(url);
  await page.waitForURL(`${origin}/services/default/api`);
  let process_ = await other();
  say(`what another process has begun is told: ${(await lead(page)).split("\n").at(-1)}`);
  let refusal = await planned(page, "Recycle");
  for (let i = 0; i < 20 && !refusal.includes("under way since"); i++) refusal = await planned(page, "Recycle");
  check(refusal.includes("under way since"), `its claim refuses another operation: ${refusal.split("\n")[0]}`);
  await shoot(page, "claimed");
  const abort = await planned(page, "Abort");
  check(abort.includes("Abort default/api"), `it can be had to stop: ${abort.replaceAll("\n", " · ")}`);
  await begin(page, "Abort…", "put everything back");
  check((await process_.over) === 130, "the other process has stopped, and says that it was interrupted");

  process_ = await other();
  await page.waitForTimeout(2000); // until its surge stands
  process_.begun.kill("SIGKILL");
  await process_.over;
  await run(["emulator", "advance", "15m", "--url", endpoint], env);
  await page.waitForFunction(() => document.querySelector("[data-frames] [data-part=lead]").innerText.includes("nobody is at it any more"), null, { timeout: 60_000 });
  say("what a killed process has left is told");
  const restore = await planned(page, "Restore");
  say(`and can be put back: ${restore.split("\n")[0]}`);
  const back = await begin(page, "Restore…", "ut back");
  check(/put back what recycle/i.test(back), `it is put back: ${back.split("\n")[0]}`);
  check(broken.filter((e) => !/40[039]/.test(e)).length === 0, `nothing is broken ${broken}`);
  await context.close();
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
    for (let i = 0; i < 20; i++) {
      place.innerHTML = "";
      place.getBoundingClientRect();
      const began = performance.now();
      place.innerHTML = svg;
      place.getBoundingClientRect();
      least = Math.min(least, performance.now() - began);
    }
    return Math.round(least);
  });
  check(best <= 100, `${lanes} lanes are drawn in ${best} ms (parsed and laid out, the best of twenty)`);
  await context.close();
}

try {
  for (const part of [entrance, onPaper, live, operations, instance, stuck, others, crowd].filter((f) => !PARTS || PARTS.split(",").includes(f.name))) await part();
} finally {
  await browser.close();
  for (const server of running) server.kill("SIGINT");
}
process.exitCode = failed > 0 ? 1 : 0;
