/* Slack's date tokens and times, in the reader's own zone and language. */

const DATE_FORMATS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};

const format = (moment, name) => new Intl.DateTimeFormat("en-GB", DATE_FORMATS[name]).format(moment);

/** `template` with {date}, {time} and the like, for `seconds` since 1970. */
export function slackDate(seconds, template) {
  const moment = new Date(seconds * 1000);
  return template.replace(/\{([a-z_]+)\}/g, (whole, name) => {
    if (name === "ago") return ago(seconds);
    if (name.endsWith("_pretty")) return pretty(moment) ?? format(moment, name.slice(0, -7));
    return name in DATE_FORMATS ? format(moment, name) : whole;
  });
}

function pretty(moment) {
  const days = Math.round((startOfDay(moment) - startOfDay(new Date())) / 86400000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

function ago(seconds) {
  const minutes = Math.round((seconds - Date.now() / 1000) / 60);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (Math.abs(minutes) < 60) return words.format(minutes, "minute");
  if (Math.abs(minutes) < 1440) return words.format(Math.round(minutes / 60), "hour");
  return words.format(Math.round(minutes / 1440), "day");
}

const startOfDay = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();

export const ofTs = (ts) => new Date(Number(ts) * 1000);
export const timeOf = (ts) => format(ofTs(ts), "time");
export const fullTimeOf = (ts) => `${format(ofTs(ts), "date_long")}, ${format(ofTs(ts), "time_secs")}`;
export const dayOf = (ts) => startOfDay(ofTs(ts));

/** "Today", "Yesterday" or the date. */
export function dayName(ts) {
  const word = pretty(ofTs(ts));
  return word ? word[0].toUpperCase() + word.slice(1) : format(ofTs(ts), "date_long");
}

/** For <input type=datetime-local>: "2026-11-22T09:30" in the reader's zone. */
export function localInput(seconds) {
  const moment = new Date(seconds * 1000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
