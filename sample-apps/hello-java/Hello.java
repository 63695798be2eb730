import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A web server with what comes with Java. */
public class Hello {
    private static final String INSTANCE = instance(from("VCAP_APPLICATION", "{}"));

    public static void main(String[] arguments) throws IOException {
        String host = from("VCAP_APP_HOST", "127.0.0.1");
        int port = Integer.parseInt(from("PORT", "8000"));
        HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
        server.createContext("/", Hello::answer);
        server.start();
        System.out.println("Listening on " + host + ":" + port + ".");

        // On SIGTERM Java runs this and ends: requests under way have two seconds.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(2)));
    }

    private static void answer(HttpExchange exchange) throws IOException {
        boolean known = exchange.getRequestURI().getPath().equals("/");
        long heapMb = Runtime.getRuntime().maxMemory() / (1024 * 1024);
        String text = known
            ? "Hello from Java " + System.getProperty("java.version") + ", instance " + INSTANCE + ", with " + heapMb + " MB of heap.\n"
            : "There is only / here.\n";
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(known ? 200 : 404, text.getBytes().length);
        exchange.getResponseBody().write(text.getBytes());
        exchange.close();
    }

    /** Java comes without a reader of JSON; for one number a pattern will do. */
    private static String instance(String application) {
        Matcher found = Pattern.compile("\"instance_index\"\\s*:\\s*(\\d+)").matcher(application);
        return found.find() ? found.group(1) : "0";
    }

    private static String from(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
