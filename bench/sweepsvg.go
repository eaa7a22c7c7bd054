package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// The drawing's measures, in pixels.
const (
	svgWidth, svgHeight = 720, 400
	svgLeft, svgRight   = 80, 640
	svgTop, svgBottom   = 50, 330
)

// SVG draws what [Chart] draws: throughput (left axis) and the median latency of a
// batch (right axis) against batch size;
// sizes stand at equal distances, latency is logarithmic.
func SVG(w io.Writer, results []*Result) error {
	var sb strings.Builder
	fmt.Fprintf(&sb, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", svgWidth, svgHeight)
	sb.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	if len(results) > 0 {
		r := results[0]
		fmt.Fprintf(&sb, `<text x="%d" y="20" font-size="14">%s: source %s, %s, %d rows, %d threads, %d rounds each, answers right</text>`+"\n",
			svgLeft, r.Workload, r.Source, r.Format, r.Rows, r.Threads, len(r.Rounds))
	}
	most, slowest, quickest := 0.0, time.Duration(0), time.Duration(math.MaxInt64)
	for _, r := range results {
		most, slowest, quickest = max(most, r.RowsPerSecond), max(slowest, r.LatencyP5), min(quickest, r.LatencyP5)
	}
	x := func(i int) float64 {
		return svgLeft + float64(i)*(svgRight-svgLeft)/math.Max(1, float64(len(results)-1))
	}
	rate := func(r *Result) float64 {
		return svgBottom - r.RowsPerSecond/math.Max(most, 1)*(svgBottom-svgTop)
	}
	low, high := math.Log(float64(max(quickest, 1))), math.Log(float64(max(slowest, 2)))
	latency := func(r *Result) float64 {
		return svgBottom - (math.Log(float64(max(r.LatencyP5, 1)))-low)/math.Max(high-low, 1e-9)*(svgBottom-svgTop)
	}
	line := func(color string, y func(*Result) float64) {
		fmt.Fprintf(&sb, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, color)
		for i, r := range results {
			fmt.Fprintf(&sb, "%.1f,%.1f ", x(i), y(r))
		}
		sb.WriteString(`"/>` + "\n")
	}
	fmt.Fprintf(&sb, `<path d="M%d %dV%dH%dV%d" fill="none" stroke="#888"/>`+"\n", svgLeft, svgTop, svgBottom, svgRight, svgTop)
	line("#1f6fb2", rate)
	line("#c2571a", latency)
	for i, r := range results {
		fmt.Fprintf(&sb, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x(i), svgBottom+18, r.Batch)
		fmt.Fprintf(&sb, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#1f6fb2">%.1f</text>`+"\n", x(i), rate(r)-8, r.RowsPerSecond/1e6)
		fmt.Fprintf(&sb, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#c2571a">%s</text>`+"\n", x(i), latency(r)+18, short(r.LatencyP5))
	}
	fmt.Fprintf(&sb, `<text x="%d" y="%d" text-anchor="middle">rows of a batch</text>`+"\n", (svgLeft+svgRight)/2, svgBottom+38)
	fmt.Fprintf(&sb, `<text transform="translate(30 %d) rotate(-90)" text-anchor="middle" fill="#1f6fb2">million rows/s, from 0</text>`+"\n", (svgTop+svgBottom)/2)
	fmt.Fprintf(&sb, `<text transform="translate(690 %d) rotate(-90)" text-anchor="middle" fill="#c2571a">latency of a batch, p50, logarithmic</text>`+"\n", (svgTop+svgBottom)/2)
	sb.WriteString("</svg>\n")
	_, err := io.WriteString(w, sb.String())
	return err
}
