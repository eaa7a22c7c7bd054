package planner

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"go.yaml.in/yaml/v3"
)

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// config loads the YAML file that a key config_file names, before the key's own
// neighbours are set, so that inline keys win.
func (c *compiler) config(k *keyset, key string, it *ast.Option, name string) {
	if key != "config_file" {
		return
	}
	props, err := c.loadYAML(it.Value, 0)
	if err != nil {
		c.errs.Add(diag.Errorf(diag.Value, c.o.Source, it.ValuePos, "config_file: %v", err))
		return
	}
	for _, p := range props {
		if !k.has(p.key) {
			k.set(p.key, p.value, p.where, diag.Pos{})
		}
	}
}

type yamlProp struct{ key, value, where string }

// wrappers are sections of Velostream's YAML that add nothing to a key's name.
var wrappers = []string{"datasource", "datasink", "data_source", "data_sink", "consumer_config", "producer_config", "schema", "file", "topic"}

func (c *compiler) loadYAML(path string, depth int) ([]yamlProp, error) {
	if depth > 8 {
		return nil, fmt.Errorf("extends goes in a circle: %q", path)
	}
	full, data, err := c.readFile(path)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: a mapping of keys is expected", path)
	}
	var out []yamlProp
	var extends string
	var walk func(n *yaml.Node, section, prefix string) error
	walk = func(n *yaml.Node, section, prefix string) error {
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i].Value, n.Content[i+1]
			if prefix == "" && k == "extends" {
				extends = v.Value
				continue
			}
			full := k
			if prefix != "" {
				full = prefix + "." + k
			}
			switch v.Kind {
			case yaml.MappingNode:
				p := full
				if slices.Contains(wrappers, strings.ToLower(k)) {
					p = prefix
				}
				if err := walk(v, strings.ToLower(k), p); err != nil {
					return err
				}
			case yaml.ScalarNode:
				val, err := c.expand(v.Value)
				if err != nil {
					return fmt.Errorf("%s:%d: %w", path, v.Line, err)
				}
				if strings.EqualFold(full, "name") && (section == "topic" || len(n.Content) > 2) {
					full = "topic"
				}
				out = append(out, yamlProp{strings.ToLower(full), val, fmt.Sprintf("%s:%d", path, v.Line)})
			case yaml.SequenceNode:
				if meaningless(strings.ToLower(full), path+":") != "" {
					out = append(out, yamlProp{strings.ToLower(full), "", fmt.Sprintf("%s:%d", path, v.Line)})
					continue
				}
				cols, err := columnList(v)
				if err != nil || !strings.EqualFold(k, "fields") {
					return fmt.Errorf("%s:%d: key %q takes no list", path, v.Line, full)
				}
				out = append(out, yamlProp{"columns", cols, fmt.Sprintf("%s:%d", path, v.Line)})
			}
		}
		return nil
	}
	if err := walk(root, "", ""); err != nil {
		return nil, err
	}
	if extends != "" {
		if !filepath.IsAbs(extends) {
			extends = filepath.Join(filepath.Dir(full), extends)
		}
		base, err := c.loadYAML(extends, depth+1)
		if err != nil {
			return nil, err
		}
		for _, b := range base {
			if !slices.ContainsFunc(out, func(p yamlProp) bool { return p.key == b.key }) {
				out = append(out, b)
			}
		}
	}
	return out, nil
}

// columnList turns schema.fields of Velostream's YAML into the key columns.
func columnList(n *yaml.Node) (string, error) {
	var fields []struct {
		Name     string `yaml:"name"`
		Type     string `yaml:"type"`
		Nullable *bool  `yaml:"nullable"`
	}
	if err := n.Decode(&fields); err != nil {
		return "", err
	}
	var parts []string
	for _, f := range fields {
		s := ast.QuoteIdent(ast.Ident{Name: f.Name}) + " " + f.Type
		if f.Nullable != nil && !*f.Nullable {
			s += " NOT NULL"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", "), nil
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?|:)([^}]*))?\}`)

// expand puts ${VAR}, ${VAR:-default} and ${VAR:?message} of a YAML value in.
func (c *compiler) expand(s string) (string, error) {
	var bad error
	out := variable.ReplaceAllStringFunc(s, func(m string) string {
		p := variable.FindStringSubmatch(m)
		if v, ok := c.o.Vars[p[1]]; ok {
			return v
		}
		if c.o.LookupEnv != nil {
			if v, ok := c.o.LookupEnv(p[1]); ok {
				return v
			}
		}
		switch p[2] {
		case ":-", ":":
			return p[3]
		case ":?":
			bad = fmt.Errorf("variable %s: %s", p[1], p[3])
			return ""
		}
		bad = fmt.Errorf("variable %s is not set", p[1])
		return ""
	})
	return out, bad
}

// readFile looks for a file where paths of the application are looked for.
func (c *compiler) readFile(path string) (string, []byte, error) {
	tries := []string{path}
	if !filepath.IsAbs(path) {
		tries = nil
		for _, d := range append(slices.Clone(c.o.Env.Dirs), "") {
			tries = append(tries, filepath.Join(d, path))
		}
	}
	var first error
	for _, t := range tries {
		b, err := os.ReadFile(t)
		if err == nil {
			return t, b, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", nil, first
}
