import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** Run executes the statements of a file, which end with a semicolon at the end of a line, on a cluster in this process. */
public class Run {
	public static void main(String[] args) throws Exception {
		Configuration c = new Configuration();
		c.setString("execution.target", "local");
		c.setString("parallelism.default", "1");
		c.setString("table.local-time-zone", "UTC");
		TableEnvironment t = TableEnvironment.create(EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(c).build());
		for (String s : Files.readString(Path.of(args[0])).split(";\\s*\n")) {
			if (s.isBlank()) {
				continue;
			}
			var result = t.executeSql(s);
			if (s.stripLeading().startsWith("INSERT")) {
				result.await();
			}
		}
	}
}
