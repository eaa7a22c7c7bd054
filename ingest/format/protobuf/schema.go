package protobuf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/bufbuild/protocompile"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// KeyMessage names the message of the records.
const KeyMessage = "protobuf.message"

// sourceName is what a schema's text is called in messages.
const sourceName = "schema.proto"

// readMessage finds the message that a schema's text describes.
func readMessage(p ingest.Props, text string) (protoreflect.MessageDescriptor, error) {
	files, err := readFiles(text)
	if err != nil {
		return nil, err
	}
	want := p.String("", KeyMessage)
	var found, all []protoreflect.MessageDescriptor
	used := map[protoreflect.FullName]bool{}
	for _, f := range files {
		walk(f.Messages(), func(m protoreflect.MessageDescriptor) {
			all = append(all, m)
			for i := range m.Fields().Len() {
				if sub := m.Fields().Get(i).Message(); sub != nil {
					used[sub.FullName()] = true
				}
			}
		})
	}
	var names []string
	for _, m := range all {
		switch {
		case want != "":
			if string(m.FullName()) == want || string(m.Name()) == want {
				found = append(found, m)
			}
		case m.Parent() == m.ParentFile() && !used[m.FullName()]:
			found = append(found, m)
		}
		names = append(names, string(m.FullName()))
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return nil, errors.New("the schema has no message")
	case want != "":
		return nil, fmt.Errorf("the schema has no message %q; it has %s", want, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("the schema has several messages; add the key %s with one of %s", KeyMessage, strings.Join(names, ", "))
}

// walk calls f for messages and those in them, but entries of maps.
func walk(list protoreflect.MessageDescriptors, f func(protoreflect.MessageDescriptor)) {
	for i := range list.Len() {
		if m := list.Get(i); !m.IsMapEntry() {
			f(m)
			walk(m.Messages(), f)
		}
	}
}

// readFiles reads the text of a .proto file, which may import google/protobuf/…
// only, or the bytes of a FileDescriptorSet.
func readFiles(text string) ([]protoreflect.FileDescriptor, error) {
	if strings.HasPrefix(text, "\x0a") { // field 1 of a set; no source begins so and goes on as one
		var set descriptorpb.FileDescriptorSet
		if err := proto.Unmarshal([]byte(text), &set); err == nil && len(set.File) > 0 {
			return readSet(&set)
		}
	}
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{sourceName: text}),
	})}
	files, err := c.Compile(context.Background(), sourceName)
	if err != nil {
		if strings.Contains(err.Error(), "could not resolve path") {
			err = fmt.Errorf("%w; a schema that imports other files is read as a descriptor set: protoc --include_imports --descriptor_set_out=FILE.desc", err)
		}
		return nil, err
	}
	return []protoreflect.FileDescriptor{files[0]}, nil
}

func readSet(set *descriptorpb.FileDescriptorSet) ([]protoreflect.FileDescriptor, error) {
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("the descriptor set is not whole: %w; make it with protoc --include_imports", err)
	}
	var out []protoreflect.FileDescriptor
	for _, f := range set.File { // in the order of the set
		d, err := files.FindFileByPath(f.GetName())
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(f.GetName(), "google/protobuf/") {
			out = append(out, d)
		}
	}
	return out, nil
}

// readSchema gives the columns of a schema's message.
func readSchema(p ingest.Props, text string) (*arrow.Schema, error) {
	m, err := readMessage(p, text)
	if err != nil {
		return nil, err
	}
	fields, err := columnsOf(m, nil)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(fields, nil), nil
}

// columnsOf are the columns of a message; open are the messages around it.
func columnsOf(m protoreflect.MessageDescriptor, open []protoreflect.FullName) ([]arrow.Field, error) {
	for _, o := range open {
		if o == m.FullName() {
			return nil, fmt.Errorf("message %s contains itself, and SQL has no recursive types", m.FullName())
		}
	}
	open = append(open[:len(open):len(open)], m.FullName())
	if len(open) > 64 {
		return nil, fmt.Errorf("messages stand more than 64 deep in one another")
	}
	var out []arrow.Field
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		t, err := typeOf(f, open)
		if err != nil {
			return nil, err
		}
		out = append(out, arrow.Field{Name: string(f.Name()), Type: t, Nullable: true})
	}
	return out, nil
}

// Messages that are values.
const (
	timestampName = "google.protobuf.Timestamp"
	durationName  = "google.protobuf.Duration"
)

// wrapped gives the one field of a wrapper such as google.protobuf.Int64Value.
func wrapped(m protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	if m.ParentFile().Path() == "google/protobuf/wrappers.proto" {
		return m.Fields().ByNumber(1)
	}
	return nil
}

// typeOf is the type of a field with its repetition.
func typeOf(f protoreflect.FieldDescriptor, open []protoreflect.FullName) (arrow.DataType, error) {
	if f.IsMap() {
		k, err := singular(f.MapKey(), open)
		if err != nil {
			return nil, err
		}
		v, err := singular(f.MapValue(), open)
		if err != nil {
			return nil, err
		}
		return arrow.MapOf(k, v), nil
	}
	t, err := singular(f, open)
	if err == nil && f.IsList() {
		t = arrow.ListOf(t)
	}
	return t, err
}

func singular(f protoreflect.FieldDescriptor, open []protoreflect.FullName) (arrow.DataType, error) {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return vec.TypeBool, nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return vec.TypeInt32, nil
	case protoreflect.FloatKind:
		return vec.TypeFloat32, nil
	case protoreflect.DoubleKind:
		return vec.TypeFloat64, nil
	case protoreflect.StringKind, protoreflect.EnumKind:
		return vec.TypeString, nil
	case protoreflect.BytesKind:
		return vec.TypeBinary, nil
	case protoreflect.GroupKind:
		return nil, fmt.Errorf("field %s is a group, which velo does not read", f.FullName())
	case protoreflect.MessageKind:
		m := f.Message()
		switch m.FullName() {
		case timestampName:
			return vec.TypeTimestampMicros, nil
		case durationName:
			return vec.TypeInterval, nil
		}
		if w := wrapped(m); w != nil {
			return singular(w, open)
		}
		fields, err := columnsOf(m, open)
		if err != nil {
			return nil, err
		}
		return arrow.StructOf(fields...), nil
	}
	return vec.TypeInt64, nil // the 64-bit integers, and unsigned ones of 32 bits
}
