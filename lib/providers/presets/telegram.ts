import { curl } from "../clients/curl.ts";
import type { Provider } from "../provider.ts";

export const telegram: Provider = {
  name: "telegram",
  title: "Telegram Bot API",
  host: "api.telegram.org",
  routes: [{
    fields: { path: "/telegram/", upstream: "https://{host}/bot{token}", token_env: "TELEGRAM_BOT_TOKEN" },
    clients: [curl],
    // To this API, a bot that does not exist is not found.
    proof: {
      path: "/getMe",
      refused: [401, 404],
      refusalSource:
        "https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/ClientManager.cpp",
    },
  }],
  secrets: [{ variable: "TELEGRAM_BOT_TOKEN", what: "token of the bot", from: "https://t.me/BotFather" }],
  sources: ["https://core.telegram.org/bots/api#making-requests", "https://core.telegram.org/bots/api#getme"],
};
