import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** Reads JSON, follows a redirect, uploads in chunks, and reads events; the argument is the version of HTTP. */
public class JdkHttpClient {
    static HttpClient client;

    public static void main(String[] args) throws Exception {
        HttpClient.Builder builder = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL);
        client = (args.length == 0 ? builder : builder.version(HttpClient.Version.valueOf(args[0]))).build();
        System.out.println(login("/user") + " " + login("/moved"));
        byte[] content = new byte[300_000];
        Arrays.fill(content, (byte) 'x');
        String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        // A stream of unknown length is sent in chunks; an array has a length.
        HttpRequest.BodyPublisher chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(content));
        String first = client.send(request("/upload").PUT(chunked).build(), BodyHandlers.ofString()).body();
        String second = client.send(request("/upload").PUT(BodyPublishers.ofByteArray(content)).build(),
            BodyHandlers.ofString()).body();
        System.out.println(first.equals(sum) && second.equals(sum));
        System.out.println(client.send(request("/events").build(), BodyHandlers.ofLines()).body()
            .filter(line -> line.startsWith("data: ")).count());
        System.exit(0);
    }

    static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(System.getenv("URL") + path))
            .header("Authorization", "Bearer " + System.getenv("KEY"));
    }

    static String login(String path) throws Exception {
        String text = client.send(request(path).build(), BodyHandlers.ofString()).body();
        return text.replaceAll(".*\"login\":\"([^\"]*)\".*", "$1");
    }
}
