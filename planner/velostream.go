package planner

import "strings"

// noEffect are keys of Velostream's files that mean nothing here, and why.
var noEffect = map[string]string{
	"performance_profile":           "batches size themselves",
	"buffer.size":                   "batches size themselves",
	"consumer.group":                "use group.id",
	"enable.auto.commit":            "offsets are committed after the output they led to",
	"auto.commit.interval.ms":       "offsets are committed after the output they led to",
	"session.timeout.ms":            "the client's default is used",
	"heartbeat.interval.ms":         "the client's default is used",
	"max.poll.interval.ms":          "the client's default is used",
	"statistics.interval.ms":        "see --stats",
	"enable.partition.eof":          "bounded reads know their end",
	"retries":                       "the producer retries until delivery.timeout.ms",
	"retry.backoff.ms":              "the client's default is used",
	"request.timeout.ms":            "the client's default is used",
	"socket.keepalive.enable":       "the client's default is used",
	"queue.buffering.max.ms":        "use linger.ms",
	"observability.metrics.enabled": "see --stats",
	"delivery_profile":              "write its keys",
	"partitions":                    "topics are made outside, with the partitions that they are to have",
	"retry.backoff.strategy":        "the client's is used",
	"dead.letter.queue.enabled":     "use failure.strategy dead_letter",
	"spill.to.disk":                 "memory is bounded by --memory-limit",
	"memory.pressure.threshold":     "memory is bounded by --memory-limit",
	"max.groups":                    "memory is bounded by --memory-limit",
	"max.joins":                     "memory is bounded by --memory-limit",
}

// noEffectGroups are the beginnings of such keys; those of sections stand in YAML only.
var noEffectGroups = []struct {
	prefix  string
	section bool
	why     string
}{
	{"metadata.", true, "it describes"},
	{"cache.", false, "tables are in memory"},
	{"circuit.breaker.", false, "the client retries until delivery.timeout.ms"},
}

// meaningless tells why a key of Velostream's files has no effect; "" for others. where
// is where it was written.
func meaningless(key, where string) string {
	yaml := yamlFile(where) != ""
	for _, g := range noEffectGroups {
		if strings.HasPrefix(key, g.prefix) && (yaml || !g.section) {
			return g.why
		}
	}
	if key == "name" && yaml {
		return "a source or sink has the name that the statement gives it"
	}
	return noEffect[key]
}
