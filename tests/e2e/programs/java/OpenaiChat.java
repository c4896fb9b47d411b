import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;

/** Asks a question with openai-java, streamed and whole. */
public class OpenaiChat {
    public static void main(String[] args) {
        OpenAIClient client = OpenAIOkHttpClient.fromEnv();
        ChatCompletionCreateParams question = ChatCompletionCreateParams.builder()
            .model("m").addUserMessage("Is the proxy there?").build();
        StringBuilder text = new StringBuilder();
        try (StreamResponse<ChatCompletionChunk> stream = client.chat().completions().createStreaming(question)) {
            stream.stream().flatMap(chunk -> chunk.choices().stream())
                .flatMap(choice -> choice.delta().content().stream())
                .forEach(text::append);
        }
        System.out.println(text);
        client.chat().completions().create(question).choices().stream()
            .flatMap(choice -> choice.message().content().stream())
            .forEach(System.out::println);
        System.exit(0);
    }
}
