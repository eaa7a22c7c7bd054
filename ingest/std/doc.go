// Package std is the sources and sinks that need nothing outside the process:
// stdout_sink, blackhole_sink and generator_source.
//
// Read the SourceType and SinkType functions first. Column memory belongs to the
// batch's scope. The package must not import planner, operators or expr.
package std
