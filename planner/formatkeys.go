package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/diag"
)

// formatKeys are the keys of all formats: which of them have an effect, checkFormat tells.
func (c *compiler) formatKeys() []string {
	var out []string
	for _, f := range c.o.Registry.Formats {
		for _, k := range f.Keys {
			out = append(out, k.Name)
		}
	}
	return out
}

// checkFormat refuses keys of a format that a source or sink does not have, and keys of
// its format that only the other side reads; both marks a declaration that serves as
// source and as sink. What --from or --to (given) puts over a declaration leaves keys of
// the declared format without effect: it is their own options that must have one.
func (c *compiler) checkFormat(k *keyset, what, name string, side ingest.Side, both, given bool, formats func(ingest.Props) ([]string, bool)) {
	var names []string
	known := false
	if formats != nil { // else keys of formats are unknown there
		names, known = formats(k.props)
	}
	if !known {
		c.setKeys(k, formats == nil)
		return
	}
	for i, n := range names {
		names[i] = strings.ToLower(n)
		if _, file := c.o.Registry.FileFormat(names[i]); file {
			continue
		}
		f, err := c.o.Registry.Format(names[i])
		if err != nil {
			if len(names) == 1 && k.at["format"].Valid() {
				c.bad(k, "format", err)
			}
			return // else it is said elsewhere
		}
		if f.Check != nil && len(names) == 1 {
			c.checkValues(what, name, k, diag.Pos{}, f.Check(k.props))
		}
	}
	for _, p := range k.props.All() {
		if given && p.Where == "" {
			continue
		}
		var of []string
		effect, twin := false, false
		for _, f := range c.o.Registry.Formats {
			i := slices.IndexFunc(f.Keys, func(x ingest.Key) bool { return x.Name == p.Key })
			if i < 0 {
				continue
			}
			of = append(of, f.Name)
			if slices.Contains(names, f.Name) {
				twin = true
				effect = effect || both || f.Keys[i].Of == ingest.BothSides || f.Keys[i].Of == side
			}
		}
		if len(of) > 0 && p.Where == "--set" { // for all: one that has the format is enough
			c.setFormat[p.Key] = c.setFormat[p.Key] || effect
			continue
		}
		if len(of) > 0 && yamlFile(p.Where) != "" { // as are several that load one file
			k := yamlKey{p.Where, p.Key}
			c.yamlFormat[k] = c.yamlFormat[k] || effect
			continue
		}
		if len(of) == 0 || effect {
			continue
		}
		key := p.Key
		if w, ok := k.written[key]; ok {
			key = w
		}
		why := "it is a key of format " + strings.Join(of, " and ") + ", and the format is " + strings.Join(names, " or ")
		if twin && side == ingest.Reading {
			why = "it tells how records are written"
		} else if twin {
			why = "it tells how records are read"
		}
		d := diag.Errorf(diag.NoEffect, c.o.Source, k.at[p.Key], "key %q has no effect on %s %q: %s", key, what, name, why)
		if !k.at[p.Key].Valid() && p.Where != "" {
			d.Message += " (" + p.Where + ")"
		}
		c.errs.Add(d.WithHint("leave it out"))
	}
}

// setKeys notes the keys of --set that a source or sink has whose format is not known,
// or which has none.
func (c *compiler) setKeys(k *keyset, none bool) {
	list := c.formatKeys()
	for _, p := range k.props.All() {
		if p.Where == "--set" && slices.Contains(list, p.Key) {
			c.setFormat[p.Key] = c.setFormat[p.Key] || !none
		}
	}
}

// yamlKey is a key at its place in a YAML file.
type yamlKey struct{ where, key string }

// unformatted reports keys of --set that are of a format which no source or sink has,
// and warns of those in a YAML file that are of none that loads it.
func (c *compiler) unformatted() {
	var idle []yamlKey
	for k, effect := range c.yamlFormat {
		if !effect {
			idle = append(idle, k)
		}
	}
	slices.SortFunc(idle, func(a, b yamlKey) int { return cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.key, b.key)) })
	for _, k := range idle {
		c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, diag.Pos{}, "%s: key %q has no effect: no source or sink that loads the file has the format that it is of", k.where, k.key))
	}
	var list []string
	for key, effect := range c.setFormat {
		if !effect {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	for _, key := range list {
		c.errs.Add(diag.Errorf(diag.NoEffect, c.o.Source, diag.Pos{}, "key %q of --set has no effect: no source or sink of the application has the format that it is of", key).WithHint("leave it out"))
	}
}
