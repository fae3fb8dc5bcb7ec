/* The emoji names that incident channels use; any other is shown as its name. */

const NAMES = `
+1 👍|-1 👎|100 💯|alarm_clock ⏰|ambulance 🚑|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_up ⬆️|bar_chart 📊|bell 🔔|black_circle ⚫|blue_book 📘
bookmark 🔖|bookmark_tabs 📑|books 📚|boom 💥|bug 🐛|bulb 💡|calendar 📅|chart_with_downwards_trend 📉|chart_with_upwards_trend 📈|clap 👏|clipboard 📋|cloud ☁️
clock1 🕐|closed_lock_with_key 🔐|construction 🚧|email 📧|exclamation ❗|eyes 👀|file_folder 📁|fire 🔥|fire_engine 🚒|floppy_disk 💾|gear ⚙️|globe_with_meridians 🌐
grey_question ❔|hammer 🔨|hammer_and_wrench 🛠️|hand 🖐️|heart ❤️|heavy_check_mark ✔️|heavy_exclamation_mark ❗|heavy_multiplication_x ✖️|hourglass ⌛
hourglass_flowing_sand ⏳|information_source ℹ️|joy 😂|key 🔑|large_blue_circle 🔵|large_green_circle 🟢|large_orange_circle 🟠|large_yellow_circle 🟡
large_purple_circle 🟣|link 🔗|lock 🔒|loudspeaker 📢|mag 🔍|mega 📣|memo 📝|no_entry ⛔|no_entry_sign 🚫|ok 🆗|ok_hand 👌|package 📦|page_facing_up 📄|pager 📟
party_popper 🎉|tada 🎉|pause_button ⏸️|double_vertical_bar ⏸️|arrow_forward ▶️|phone ☎️|telephone_receiver 📞|pray 🙏|pushpin 📌|question ❓|raised_hands 🙌
recycle ♻️|red_circle 🔴|repeat 🔁|robot_face 🤖|rocket 🚀|rotating_light 🚨|round_pushpin 📍|satellite_antenna 📡|seedling 🌱|shield 🛡️|sleeping 😴|slightly_smiling_face 🙂
smile 😄|snowflake ❄️|sos 🆘|speech_balloon 💬|star ⭐|stopwatch ⏱️|sunny ☀️|thinking_face 🤔|thread 🧵|thumbsdown 👎|thumbsup 👍|timer_clock ⏲️|traffic_light 🚦|unlock 🔓
vertical_traffic_light 🚦|warning ⚠️|wave 👋|wavy_dash 〰️|white_check_mark ✅|white_circle ⚪|white_large_square ⬜|wrench 🔧|x ❌|zap ⚡|zzz 💤`;

const GLYPHS = new Map(NAMES.trim().split(/[|\n]/).map((entry) => entry.split(" ")));

/** What a message's reaction menu offers. */
export const REACTIONS = ["pushpin", "eyes", "white_check_mark", "+1", "-1", "raised_hands", "thinking_face", "warning", "heart", "tada"];

export const glyph = (name) => GLYPHS.get(name) ?? `:${name}:`;

/** Text with its :names: replaced. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+'-]+):(?::skin-tone-\d:)?/g, (whole, name) => GLYPHS.get(name) ?? whole);
