package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestArrange: boxes never overlap, arrows that were not turned lead to the
// right, and bends lie in every column between.
func TestArrange(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		boxes := make([]box, 1+random.IntN(90))
		for i := range boxes {
			boxes[i].width, boxes[i].height = 20+200*random.Float64(), 20+100*random.Float64()
			boxes[i].topic = i%2 == 1
		}
		var arrows [][2]port
		for range random.IntN(120) {
			a, b := random.IntN(len(boxes)), random.IntN(len(boxes))
			if boxes[a].topic != boxes[b].topic {
				arrows = append(arrows, [2]port{{a, boxes[a].height * random.Float64()}, {b, boxes[b].height * random.Float64()}})
			}
		}
		l := arrange(boxes, arrows)
		if err := sound(l, arrows); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if len(l.columns) > mostColumns {
			t.Fatalf("seed %d: %d columns", seed, len(l.columns))
		}
	}
}

// TestLongChain: a large graph without circles may have as many columns as its
// longest path where that is the shortest one, too.
func TestLongChain(t *testing.T) {
	boxes := make([]box, 60)
	var arrows [][2]port
	for i := range boxes {
		boxes[i].topic = i%2 == 1
		if i > 0 {
			arrows = append(arrows, [2]port{{box: i - 1}, {box: i}})
		}
	}
	l := arrange(boxes, arrows)
	if err := sound(l, arrows); err != nil || len(l.columns) != len(boxes) {
		t.Errorf("%d columns, %v", len(l.columns), err)
	}
}

func sound(l *layout, arrows [][2]port) error {
	width, height := l.size()
	for i, a := range l.boxes {
		if math.IsNaN(a.x+a.y) || a.x < margin || a.y < margin-0.001 || a.x+a.width > width || a.y+a.height > height {
			return fmt.Errorf("box %d is outside: %+v", i, a)
		}
		for j, b := range l.boxes[:i] {
			if a.x < b.x+b.width && b.x < a.x+a.width && a.y < b.y+b.height-0.001 && b.y < a.y+a.height-0.001 {
				return fmt.Errorf("boxes %d and %d overlap: %+v %+v", j, i, b, a)
			}
		}
	}
	if len(l.links) != len(arrows) {
		return fmt.Errorf("%d links for %d arrows", len(l.links), len(arrows))
	}
	for i, k := range l.links {
		from, to := arrows[i][0].box, arrows[i][1].box
		if k.back {
			from, to = to, from
		}
		if k.ports[0].box != from || k.ports[len(k.ports)-1].box != to {
			return fmt.Errorf("link %d does not connect its arrow's boxes", i)
		}
		for n := 1; n < len(k.ports); n++ {
			if l.boxes[k.ports[n].box].layer != l.boxes[k.ports[n-1].box].layer+1 {
				return fmt.Errorf("link %d jumps over a column", i)
			}
		}
	}
	return nil
}

// TestOnlyCirclesTurnArrows: without a circle every arrow leads to the right.
func TestOnlyCirclesTurnArrows(t *testing.T) {
	boxes := make([]box, 5)
	chain := [][2]port{{{box: 3}, {box: 1}}, {{box: 1}, {box: 4}}, {{box: 4}, {box: 0}}, {{box: 3}, {box: 0}}}
	for i, k := range arrange(boxes, chain).links {
		if k.back {
			t.Errorf("arrow %d is turned", i)
		}
	}
	turned := 0
	for _, k := range arrange(boxes, append(chain, [2]port{{box: 0}, {box: 3}})).links {
		if k.back {
			turned++
		}
	}
	if turned != 1 {
		t.Errorf("%d arrows are turned in a circle, want 1", turned)
	}
}

// TestStack: a column wishes what it can have, and shares what it cannot.
func TestStack(t *testing.T) {
	l := &layout{boxes: []box{{height: 10}, {height: 10}, {height: 10}}}
	wishes := []float64{50, 50, 300}
	l.stack([]int{0, 1, 2}, func(b int) float64 { return wishes[b] })
	for i, want := range []float64{34, 66, 300} { // 50 ± half of 10 + rowGap
		if got := l.boxes[i].y; math.Abs(got-want) > 0.001 {
			t.Errorf("box %d is at %v, want %v", i, got, want)
		}
	}
}
