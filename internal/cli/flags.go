package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/kafka"
	"github.com/velostream/velo/internal/render"
	"github.com/velostream/velo/planner"
)

// flags are those that several commands share.
type flags struct {
	file, config, broker         string
	from, to, set, vars, client  []string
	out, output                  string
	threads                      int
	batch, memory, speed         string
	progress, stats, logFormat   string
	strict, quiet, verbose       bool
	cpuDir, memDir, traceDir     string
	discard                      bool // drop the rows: explain --analyze
	memoryLimit                  int64
	factor                       float64 // of --speed; 0: as fast as possible
	sizer                        *arrowexec.SizerOptions
	fromB, toB                   []planner.Binding
	setKeys, varKeys, clientKeys map[string]string
}

// talkFlags are on every command that does something.
func (f *flags) talkFlags(p *pflag.FlagSet) {
	p.BoolVarP(&f.quiet, "quiet", "q", false, "print errors only: no progress, warnings or ledger")
	p.BoolVarP(&f.verbose, "verbose", "v", false, "log what sources and sinks do")
	p.StringVar(&f.logFormat, "log-format", "text", "form of warnings and log lines: text or json")
}

// kafkaFlags say how brokers are reached.
func (f *flags) kafkaFlags(p *pflag.FlagSet) {
	p.StringVar(&f.broker, "broker", "", "bootstrap.servers of Kafka sources and sinks (environment: KAFKA_BOOTSTRAP_SERVERS)")
	p.StringArrayVarP(&f.client, "client", "X", nil, "client property `KEY=VALUE` for Kafka, by its librdkafka name (repeatable)")
}

// sourceFlags say what names in SQL mean.
func (f *flags) sourceFlags(p *pflag.FlagSet) {
	p.StringVarP(&f.file, "file", "f", "", "read the SQL from a `FILE` (-: standard input)")
	p.StringArrayVar(&f.from, "from", nil, "read a source from a file: `NAME=PATH[,key=value…]`; PATH may be a glob, a folder or - (repeatable)")
	p.StringArrayVar(&f.to, "to", nil, "write a sink to a file: `NAME=PATH[,key=value…]` (repeatable)")
	p.StringVar(&f.config, "config", "", "YAML `FILE` with keys of sources and sinks")
	p.StringArrayVar(&f.set, "set", nil, "set a WITH key: `KEY=VALUE` (repeatable)")
	p.StringArrayVar(&f.vars, "var", nil, "value of ${NAME} in SQL and YAML: `NAME=VALUE` (repeatable)")
	f.kafkaFlags(p)
}

// runFlags say how a run goes.
func (f *flags) runFlags(p *pflag.FlagSet) {
	p.IntVar(&f.threads, "threads", 0, "pipelines to run at once (0: one a processor); the rows are the same with any number")
	p.StringVar(&f.batch, "batch", "", "rows in a batch: auto, or a fixed number; wins over the batch.* keys")
	p.StringVar(&f.memory, "memory-limit", "", "most memory to use, such as 2GiB")
	p.StringVar(&f.progress, "progress", "auto", "show progress: auto (on a terminal), always or never")
	p.StringVar(&f.stats, "stats", "", "closing statistics: text (more of them) or json (one object, the last line of standard error)")
	p.Lookup("stats").NoOptDefVal = "text"
	p.BoolVar(&f.strict, "strict", false, "exit with 3 if rows were late or failed")
	p.StringVar(&f.cpuDir, "cpuprofile", "", "write a CPU profile to `DIR`")
	p.StringVar(&f.memDir, "memprofile", "", "write an allocation profile to `DIR`")
	p.StringVar(&f.traceDir, "traceprofile", "", "write an execution trace to `DIR`")
}

func (f *flags) outputFlags(p *pflag.FlagSet) {
	p.StringVarP(&f.output, "output", "o", "", "form of the rows: "+strings.Join(render.Forms, " ")+" (default: table on a terminal, else jsonl)")
}

// joinStats lets --stats stand alone and take its value as the next argument.
func joinStats(args []string) []string {
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(out, args[i:]...)
		}
		if args[i] == "--stats" && i+1 < len(args) && (args[i+1] == "text" || args[i+1] == "json") {
			out = append(out, "--stats="+args[i+1])
			i++
			continue
		}
		out = append(out, args[i])
	}
	return out
}

// environment gives flags that were not written the value of VELO_NAME.
func (s *session) environment(c *cobra.Command) error {
	var err error
	c.Flags().VisitAll(func(g *pflag.Flag) {
		name := "VELO_" + strings.ToUpper(strings.ReplaceAll(g.Name, "-", "_"))
		v, ok := s.lookup(name)
		switch g.Name {
		case "from", "to", "until", "set", "var", "client", "file", "help":
			return // they belong to one call
		}
		if !ok || v == "" || g.Changed || err != nil {
			return
		}
		if e := g.Value.Set(v); e != nil {
			err = usage("environment %s: %v", name, e)
		}
	})
	return err
}

// check reads all flags that have a form of their own; the first that is wrong
// is the error.
func (s *session) check(c *cobra.Command, f *flags) (err error) {
	if err := s.environment(c); err != nil {
		return err
	}
	if f.fromB, err = bindings("--from", f.from); err != nil {
		return err
	}
	if f.toB, err = bindings("--to", f.to); err != nil {
		return err
	}
	if f.setKeys, err = pairs("--set", f.set); err != nil {
		return err
	}
	if f.varKeys, err = pairs("--var", f.vars); err != nil {
		return err
	}
	if err := s.checkClient(c, f); err != nil {
		return err
	}
	if f.output == "" {
		f.output = "jsonl"
		if s.terminal {
			f.output = "table"
		}
	}
	if err := render.Check(f.output, s.terminal); err != nil {
		return ingest.Usage(err)
	}
	for _, x := range []struct{ flag, value, allowed string }{
		{"progress", f.progress, "auto always never"}, {"stats", f.stats, "text json"}, {"log-format", f.logFormat, "text json"},
	} {
		if x.value != "" && !strings.Contains(" "+x.allowed+" ", " "+x.value+" ") {
			return usage("--%s must be one of %s, not %q", x.flag, strings.ReplaceAll(x.allowed, " ", ", "), x.value)
		}
	}
	if f.threads < 0 || f.threads > 1024 {
		return usage("--threads must be between 0 and 1024, not %d", f.threads)
	}
	if f.memory != "" {
		if f.memoryLimit, err = ingest.ParseBytes(f.memory); err != nil || f.memoryLimit < 16<<20 {
			return usage("--memory-limit must be a size of 16MiB or more such as 2GiB, not %q", f.memory)
		}
	}
	if f.factor, err = speed(f.speed); err != nil {
		return err
	}
	if f.sizer, err = sizer(f.batch); err != nil {
		return err
	}
	s.talk.quiet = f.quiet
	return nil
}

// checkClient reads the client properties. --broker wins over WITH, the
// environment does not.
func (s *session) checkClient(c *cobra.Command, f *flags) (err error) {
	if f.clientKeys, err = pairs("-X", f.client); err != nil {
		return err
	}
	for k := range f.clientKeys {
		if err := kafka.CheckKey(k); err != nil {
			return usage("-X: %v", err)
		}
	}
	if err := kafka.CheckClient(f.clientKeys); err != nil {
		return ingest.Usage(err)
	}
	if g := c.Flags().Lookup("broker"); g == nil || g.Changed || f.broker != "" {
		if g != nil && g.Changed && f.clientKeys["bootstrap.servers"] == "" {
			f.clientKeys["bootstrap.servers"] = f.broker
		}
		return nil
	}
	for _, name := range []string{"VELO_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"} {
		if v, ok := s.lookup(name); ok && v != "" {
			f.broker = v
			return nil
		}
	}
	return nil
}

func speed(v string) (float64, error) {
	if v == "" || v == "max" {
		return 0, nil
	}
	x, err := strconv.ParseFloat(strings.TrimSuffix(v, "x"), 64)
	if err != nil || !(x > 0) || x > 1e9 || !strings.HasSuffix(v, "x") {
		return 0, usage("--speed must be max or a factor such as 1x or 10x, not %q", v)
	}
	return x, nil
}

func sizer(v string) (*arrowexec.SizerOptions, error) {
	switch v {
	case "":
		return nil, nil
	case "auto":
		return &arrowexec.SizerOptions{Strategy: "adaptive"}, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1<<24 {
		return nil, usage("--batch must be auto or a number of rows, not %q", v)
	}
	return &arrowexec.SizerOptions{Strategy: "fixed_size", Size: n}, nil
}

// resolve makes the path of a --from mean the working directory even where the
// folder of the SQL file has a file of that name.
func resolve(path, sqlDir string) string {
	if filepath.IsAbs(path) || path == "-" || sqlDir == "." {
		return path
	}
	_, here := os.Stat(path)
	_, there := os.Stat(filepath.Join(sqlDir, path))
	if here == nil && there == nil {
		if abs, err := filepath.Abs(path); err == nil {
			return abs
		}
	}
	return path
}

func pairs(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range list {
		k, v, ok := strings.Cut(p, "=")
		if k = strings.TrimSpace(k); !ok || k == "" {
			return nil, usage("%s takes KEY=VALUE, not %q", flag, p)
		}
		if _, twice := out[k]; twice {
			return nil, usage("%s gives %q twice", flag, k)
		}
		out[k] = v
	}
	return out, nil
}

func bindings(flag string, list []string) ([]planner.Binding, error) {
	var out []planner.Binding
	for _, text := range list {
		b, err := binding(text)
		if err != nil {
			return nil, usage("%s %s: %v", flag, text, err)
		}
		for _, o := range out {
			if strings.EqualFold(o.Name, b.Name) {
				return nil, usage("%s gives %q twice; use a glob to read several files as one source", flag, b.Name)
			}
		}
		out = append(out, b)
	}
	return out, nil
}

// binding reads NAME=PATH[,key=value…]. Commas inside quotes, and inside the
// braces of a glob, do not end a part.
func binding(text string) (planner.Binding, error) {
	name, rest, ok := strings.Cut(text, "=")
	if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name, `,"'`) {
		return planner.Binding{}, fmt.Errorf("NAME=PATH[,key=value…] is expected")
	}
	parts, err := splitOptions(rest)
	if err != nil {
		return planner.Binding{}, err
	}
	b := planner.Binding{Name: name, Path: parts[0], Props: map[string]string{}}
	if b.Path == "" {
		return b, fmt.Errorf("the path is empty")
	}
	for _, p := range parts[1:] {
		k, v, ok := strings.Cut(p, "=")
		if k = strings.ToLower(strings.TrimSpace(k)); !ok || k == "" {
			return b, fmt.Errorf("%q is no key=value; quote a path or a value with commas", p)
		}
		if _, twice := b.Props[k]; twice {
			return b, fmt.Errorf("key %q is given twice", k)
		}
		b.Props[k] = v
	}
	return b, nil
}

// splitOptions splits at commas and takes off quotes. A quote opens at the start
// of a part or after its first "="; doubled inside, it stands for itself.
func splitOptions(s string) ([]string, error) {
	var out []string
	var part strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		opens := part.Len() == 0 || strings.IndexByte(part.String(), '=') == part.Len()-1
		switch {
		case (c == '"' || c == '\'') && opens:
			end := i + 1
			for ; end < len(s); end++ {
				if s[end] == c && end+1 < len(s) && s[end+1] == c {
					part.WriteByte(c)
					end++
				} else if s[end] == c {
					break
				} else {
					part.WriteByte(s[end])
				}
			}
			if end == len(s) {
				return nil, fmt.Errorf("the quote %c is not closed", c)
			}
			if end+1 < len(s) && s[end+1] != ',' {
				return nil, fmt.Errorf("a comma must follow the closing quote, not %q", s[end+1:])
			}
			i = end
		case c == ',' && depth == 0:
			out = append(out, part.String())
			part.Reset()
		default:
			if c == '{' {
				depth++
			} else if c == '}' && depth > 0 {
				depth--
			}
			part.WriteByte(c)
		}
	}
	return append(out, part.String()), nil
}
