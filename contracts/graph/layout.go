package graph

import (
	"cmp"
	"slices"
)

// The layout is the layered one of Sugiyama and others: boxes in columns so
// that arrows run to the right as far as they can, arrows over several columns
// bent at points between the boxes, the order within columns by the median of
// the neighbours, and heights by the neighbours' heights.

// box is a rectangle of the picture, or a bend of an arrow, which has no
// width.
type box struct {
	width, height float64
	topic         bool // arrows connect topics with others only
	layer         int
	x, y          float64 // of the corner at the upper left
	bend          bool
}

// port is where an arrow meets a box, from the box's upper edge.
type port struct {
	box int
	dy  float64
}

// link is an arrow from left to right through bends, from port to port.
type link struct {
	ports []port
	// back says that the arrow points to its left end.
	back bool
}

// Distances of the picture, in pixels.
const (
	columnGap = 96
	rowGap    = 22
	bendGap   = 10
	margin    = 24
)

type layout struct {
	boxes []box
	links []link
	// columns are the boxes of each layer from top to bottom.
	columns [][]int
	// neighbours of each box, left and right, with the ports of both ends.
	left, right [][]joint
}

type joint struct {
	to        int
	here, far float64 // where the arrow meets this box and the other one
}

// arrange places boxes so that arrows, given as pairs of ports, can be drawn.
// It returns one link for each pair, in the same order.
func arrange(boxes []box, arrows [][2]port) *layout {
	l := &layout{boxes: boxes}
	back := l.layers(arrows)
	for i, a := range arrows {
		from, to := a[0], a[1]
		if back[i] {
			from, to = to, from
		}
		l.links = append(l.links, link{l.bends(from, to), back[i]})
	}
	l.left, l.right = make([][]joint, len(l.boxes)), make([][]joint, len(l.boxes))
	for _, k := range l.links {
		for i := 1; i < len(k.ports); i++ {
			a, b := k.ports[i-1], k.ports[i]
			l.right[a.box] = append(l.right[a.box], joint{b.box, a.dy, b.dy})
			l.left[b.box] = append(l.left[b.box], joint{a.box, b.dy, a.dy})
		}
	}
	l.order()
	l.place()
	return l
}

// layers gives each box a column. Arrows that would close a circle are turned
// around; back says which.
func (l *layout) layers(arrows [][2]port) (back []bool) {
	n := len(l.boxes)
	out := make([][]int, n) // arrows by the box that they leave
	entered := make([]int, n)
	for i, a := range arrows {
		out[a[0].box] = append(out[a[0].box], i)
		entered[a[1].box]++
	}
	back = make([]bool, len(arrows))
	const (
		open = iota + 1
		done
	)
	state := make([]int, n)
	var order []int // reversed topological
	var visit func(at int)
	visit = func(at int) {
		state[at] = open
		for _, i := range out[at] {
			switch to := arrows[i][1].box; state[to] {
			case open:
				back[i] = true
			case done:
			default:
				visit(to)
			}
		}
		state[at] = done
		order = append(order, at)
	}
	starts := make([]int, n)
	for i := range starts {
		starts[i] = i
	}
	// What nothing leads to comes first, then what leads to more than leads to
	// it; else the order of the names decides.
	slices.SortStableFunc(starts, func(a, b int) int {
		return cmp.Or(cmp.Compare(min(entered[a], 1), min(entered[b], 1)), cmp.Compare(entered[a]-len(out[a]), entered[b]-len(out[b])))
	})
	for _, at := range starts {
		if state[at] == 0 {
			visit(at)
		}
	}
	l.longestPaths(order, arrows, back)
	for _, b := range l.boxes {
		if b.layer >= mostColumns {
			return l.shortestPaths(starts, out, arrows)
		}
	}
	return back
}

// mostColumns is how many columns a picture may have that shows every path
// from left to right. Large graphs are full of circles, and cut open these
// would be longer than anyone can follow.
const mostColumns = 24

// shortestPaths puts each box in the column after the first that leads to it,
// so that a large graph stays compact; more arrows point to the left.
func (l *layout) shortestPaths(starts []int, out [][]int, arrows [][2]port) (back []bool) {
	const none = -1
	for i := range l.boxes {
		l.boxes[i].layer = none
	}
	for _, start := range starts {
		if l.boxes[start].layer != none {
			continue
		}
		// Services stand in even columns, topics in odd ones, so that no
		// arrow stays within a column.
		l.boxes[start].layer = 0
		if l.boxes[start].topic {
			l.boxes[start].layer = 1
		}
		for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
			for _, i := range out[queue[0]] {
				if to := arrows[i][1].box; l.boxes[to].layer == none {
					l.boxes[to].layer = l.boxes[queue[0]].layer + 1
					queue = append(queue, to)
				}
			}
		}
	}
	for _, a := range arrows {
		back = append(back, l.boxes[a[0].box].layer > l.boxes[a[1].box].layer)
	}
	return back
}

// longestPaths puts each box right of all that lead to it; what nothing leads
// to stands directly before the first that it leads to.
func (l *layout) longestPaths(order []int, arrows [][2]port, back []bool) {
	ends := func(i int) (from, to int) {
		from, to = arrows[i][0].box, arrows[i][1].box
		if back[i] {
			from, to = to, from
		}
		return from, to
	}
	in, out := make([][]int, len(l.boxes)), make([][]int, len(l.boxes))
	for i := range arrows {
		from, to := ends(i)
		out[from] = append(out[from], to)
		in[to] = append(in[to], from)
	}
	for _, at := range slices.Backward(order) {
		for _, from := range in[at] {
			l.boxes[at].layer = max(l.boxes[at].layer, l.boxes[from].layer+1)
		}
	}
	for at := range l.boxes {
		if len(in[at]) > 0 || len(out[at]) == 0 {
			continue
		}
		first := l.boxes[out[at][0]].layer
		for _, to := range out[at] {
			first = min(first, l.boxes[to].layer)
		}
		l.boxes[at].layer = first - 1
	}
}

// bends are the ports of an arrow with those in the columns between its ends.
func (l *layout) bends(from, to port) []port {
	ports := []port{from}
	for layer := l.boxes[from.box].layer + 1; layer < l.boxes[to.box].layer; layer++ {
		l.boxes = append(l.boxes, box{layer: layer, bend: true})
		ports = append(ports, port{box: len(l.boxes) - 1})
	}
	return append(ports, to)
}

// order sorts the columns by sweeps to the right and to the left.
func (l *layout) order() {
	for i, b := range l.boxes {
		for len(l.columns) <= b.layer {
			l.columns = append(l.columns, nil)
		}
		l.columns[b.layer] = append(l.columns[b.layer], i)
	}
	at := make([]float64, len(l.boxes)) // the position within the column
	number := func(column []int) {
		for i, b := range column {
			at[b] = float64(i)
		}
	}
	for _, column := range l.columns {
		number(column)
	}
	key := make([]float64, len(l.boxes))
	sweep := func(column []int, neighbours [][]joint) {
		for _, b := range column {
			key[b] = at[b]
			if len(neighbours[b]) > 0 {
				sum := 0.0
				for _, j := range neighbours[b] {
					sum += at[j.to] + j.far/10000 // several arrows of one box, from top to bottom
				}
				key[b] = sum / float64(len(neighbours[b]))
			}
		}
		slices.SortStableFunc(column, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
		number(column)
	}
	const sweeps = 12
	for range sweeps {
		for _, column := range l.columns {
			sweep(column, l.left)
		}
		for _, column := range slices.Backward(l.columns) {
			sweep(column, l.right)
		}
	}
	for _, column := range l.columns {
		sweep(column, l.left)
	}
}

// place sets the coordinates.
func (l *layout) place() {
	x := float64(margin)
	for _, column := range l.columns {
		width := 0.0
		for _, b := range column {
			width = max(width, l.boxes[b].width)
		}
		for _, b := range column {
			if l.boxes[b].bend {
				l.boxes[b].width = width // arrows cross the column straight
			}
			l.boxes[b].x = x + (width-l.boxes[b].width)/2
		}
		x += width + columnGap
		l.stack(column, func(int) float64 { return 0 })
	}
	const rounds = 10
	for range rounds {
		for _, column := range l.columns {
			l.stack(column, func(b int) float64 { return l.wish(b, l.left) })
		}
		for _, column := range slices.Backward(l.columns) {
			l.stack(column, func(b int) float64 { return l.wish(b, l.right) })
		}
	}
	top := 0.0
	for i, b := range l.boxes {
		if i == 0 || b.y < top {
			top = b.y
		}
	}
	for i := range l.boxes {
		l.boxes[i].y += margin - top
	}
}

// wish is the height at which the arrows of a box would be straight.
func (l *layout) wish(b int, neighbours [][]joint) float64 {
	if len(neighbours[b]) == 0 {
		return l.boxes[b].y
	}
	sum := 0.0
	for _, j := range neighbours[b] {
		sum += l.boxes[j.to].y + j.far - j.here
	}
	return sum / float64(len(neighbours[b]))
}

// stack puts the boxes of a column one below the other, in their order, as
// near to what they wish as can be: the least sum of squares, by pooling
// neighbours that would overlap.
func (l *layout) stack(column []int, wish func(b int) float64) {
	type pool struct {
		sum   float64
		count int
	}
	var pools []pool
	offset, offsets := 0.0, make([]float64, len(column))
	for i, b := range column {
		if i > 0 {
			offset += l.boxes[column[i-1]].height + l.gap(column[i-1], b)
		}
		offsets[i] = offset
		pools = append(pools, pool{wish(b) - offset, 1})
		for n := len(pools); n > 1 && pools[n-2].sum/float64(pools[n-2].count) > pools[n-1].sum/float64(pools[n-1].count); n = len(pools) {
			pools[n-2] = pool{pools[n-2].sum + pools[n-1].sum, pools[n-2].count + pools[n-1].count}
			pools = pools[:n-1]
		}
	}
	i := 0
	for _, p := range pools {
		for range p.count {
			l.boxes[column[i]].y = p.sum/float64(p.count) + offsets[i]
			i++
		}
	}
}

func (l *layout) gap(a, b int) float64 {
	if l.boxes[a].bend && l.boxes[b].bend {
		return bendGap
	}
	return rowGap
}

// size is that of the whole picture.
func (l *layout) size() (width, height float64) {
	for _, b := range l.boxes {
		width, height = max(width, b.x+b.width), max(height, b.y+b.height)
	}
	return width + margin, height + margin
}
