import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;

/** Asks a question with anthropic-java, streamed and whole. */
public class AnthropicMessages {
    public static void main(String[] args) {
        AnthropicClient client = AnthropicOkHttpClient.fromEnv();
        MessageCreateParams question = MessageCreateParams.builder()
            .model("m").maxTokens(99L).addUserMessage("Is the proxy there?").build();
        StringBuilder text = new StringBuilder();
        try (StreamResponse<RawMessageStreamEvent> stream = client.messages().createStreaming(question)) {
            stream.stream().flatMap(event -> event.contentBlockDelta().stream())
                .flatMap(event -> event.delta().text().stream())
                .forEach(delta -> text.append(delta.text()));
        }
        System.out.println(text);
        client.messages().create(question).content().stream()
            .flatMap(block -> block.text().stream())
            .forEach(block -> System.out.println(block.text()));
        System.exit(0);
    }
}
