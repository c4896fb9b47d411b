import java.io.BufferedReader;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;

/** Reads JSON, follows a redirect, uploads in chunks, and reads events with OkHttp. */
public class OkhttpGeneric {
    static final OkHttpClient CLIENT = new OkHttpClient();

    public static void main(String[] args) throws Exception {
        System.out.println(login("/user") + " " + login("/moved"));
        byte[] content = new byte[300_000];
        Arrays.fill(content, (byte) 'x');
        String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        RequestBody chunked = new RequestBody() {
            @Override
            public MediaType contentType() {
                return null;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                sink.write(content);
            }
        };
        try (Response response = CLIENT.newCall(request("/upload").put(chunked).build()).execute()) {
            System.out.println(response.body().string().equals(sum));
        }
        try (Response response = CLIENT.newCall(request("/events").build()).execute()) {
            System.out.println(new BufferedReader(response.body().charStream()).lines()
                .filter(line -> line.startsWith("data: ")).count());
        }
        System.exit(0);
    }

    static Request.Builder request(String path) {
        return new Request.Builder().url(System.getenv("URL") + path)
            .header("Authorization", "Bearer " + System.getenv("KEY"));
    }

    static String login(String path) throws IOException {
        try (Response response = CLIENT.newCall(request(path).build()).execute()) {
            return response.body().string().replaceAll(".*\"login\":\"([^\"]*)\".*", "$1");
        }
    }
}
