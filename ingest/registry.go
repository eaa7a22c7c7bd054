package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// SourceType is a kind of source: kafka_source, file_source …
type SourceType struct {
	Type string
	// Schemes are the URI schemes that mean this type in FROM 'uri'.
	Schemes []string
	Keys    []Key
	// Formats names the formats whose keys have an effect on such a source; unless known
	// only its data tell. nil: it has no format.
	Formats func(Props) (names []string, known bool)
	Open    func(ctx context.Context, r *Registry, s SourceSpec) (Connector, error)
	// Check tells what is wrong with the values of keys, all at once, before anything is
	// opened; nil: Open does.
	Check func(r *Registry, s SourceSpec) error
	// Topics lists what can be read where the keys lead; nil: nothing can.
	Topics func(ctx context.Context, s SourceSpec) ([]Part, error)
}

// SinkType is a kind of sink: kafka_sink, file_sink, stdout_sink …
type SinkType struct {
	Type    string
	Schemes []string
	Keys    []Key
	// Formats is as for sources.
	Formats func(Props) (names []string, known bool)
	Open    func(ctx context.Context, r *Registry, s SinkSpec) (arrowexec.Sink, error)
	// Check is as for sources.
	Check func(r *Registry, s SinkSpec) error
}

// Registry lists what a velo can read and write. It is built once and read-only
// afterwards.
type Registry struct {
	Sources []SourceType
	Sinks   []SinkType
	Formats []Format
	Files   []FileFormat
}

// Source finds a type of source by name.
func (r *Registry) Source(name string) (SourceType, bool) {
	i := slices.IndexFunc(r.Sources, func(s SourceType) bool { return s.Type == strings.ToLower(name) })
	if i < 0 {
		return SourceType{}, false
	}
	return r.Sources[i], true
}

// Sink finds a type of sink by name.
func (r *Registry) Sink(name string) (SinkType, bool) {
	i := slices.IndexFunc(r.Sinks, func(s SinkType) bool { return s.Type == strings.ToLower(name) })
	if i < 0 {
		return SinkType{}, false
	}
	return r.Sinks[i], true
}

// Format finds a format by name; the error lists those there are.
func (r *Registry) Format(name string) (Format, error) {
	names := make([]string, 0, len(r.Formats))
	for _, f := range r.Formats {
		if f.Name == strings.ToLower(name) {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if strings.EqualFold(name, "arrow") {
		return Format{}, fmt.Errorf("format arrow is of files (.arrow, .arrows); as a payload it is not supported yet; known: %s", strings.Join(names, ", "))
	}
	return Format{}, fmt.Errorf("unknown format %q; known: %s", name, strings.Join(names, ", "))
}

// SystemType is the type of a system column that sources fill.
func SystemType(name string) (arrow.DataType, bool) {
	switch name {
	case ColTimestamp, ColOffset:
		return vec.TypeInt64, true
	case ColPartition:
		return vec.TypeInt32, true
	case ColTopic, ColKey:
		return vec.TypeString, true
	case ColHeaders:
		return vec.TypeHeaders, true
	case ColDeleted:
		return vec.TypeBool, true
	}
	return nil, false
}
