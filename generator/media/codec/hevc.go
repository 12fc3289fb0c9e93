package codec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// An HEVC decodes pictures coded with H.265. It is for one goroutine, and is to be closed.
type HEVC struct {
	*instance
}

var hevcModule onceModule

// maxKept is the memory of an instance, in bytes, past which the next picture gets a new one: the module's wrapper does not give
// back what a picture took.
const maxKept = 48 << 20

// The numbers of libheif for how pixels are arranged (libheif 1.18, heif.h).
const (
	heifYCbCr      = 0
	heifMonochrome = 2
)

// Decode decodes one picture: its configuration is the content of the property hvcC, data the bytes of its item. It must have
// w x h pixels: what else it has is an error, told before anything is allocated for it. A context that is done is noticed only between pictures.
func (d *HEVC) Decode(ctx context.Context, config, data []byte, w, h int) (Picture, error) {
	s, ok := findSPS(config)
	if !ok {
		return Picture{}, fmt.Errorf("%w: it lacks its parameters", ErrDamaged)
	}
	// The wrapper copies as many rows as the file around the coded picture claims.
	if s.width != w || s.height != h {
		return Picture{}, fmt.Errorf("the file says %d x %d pixels, the coded picture %d x %d", w, h, s.width, s.height)
	}
	if d.instance != nil && d.module.Memory().Size() > maxKept {
		d.Close()
	}
	if d.instance == nil {
		if err := d.open(ctx); err != nil {
			return Picture{}, err
		}
	}
	d.allow(w, h)
	m, err := d.decode(ctx, file(config, data, s), s)
	if err != nil {
		d.Close() // it is in no state to go on
		return Picture{}, err
	}
	return Picture{m, s.colours}, nil
}

// Close gives back the memory. The decoder may be used again.
func (d *HEVC) Close() {
	if d.instance != nil {
		_ = d.module.Close(context.Background())
		d.instance = nil
	}
}

func (d *HEVC) open(ctx context.Context) error {
	hevcModule.once.Do(func() {
		hevcModule.runtime, hevcModule.code, hevcModule.err = compile(heifModule, func(ctx context.Context, r wazero.Runtime) error {
			_, err := wasi_snapshot_preview1.Instantiate(ctx, r)
			return err
		})
	})
	if hevcModule.err != nil {
		return hevcModule.err
	}
	// It has no name, so that there may be many, and no files, clock, arguments or output.
	m, err := hevcModule.runtime.InstantiateModule(ctx, hevcModule.code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return err
	}
	d.instance = newInstance(m)
	d.allow(0, 0)
	_, err = d.call(ctx, "_initialize")
	return err
}

func (d *HEVC) decode(ctx context.Context, body []byte, s sps) (image.Image, error) {
	in, err := d.call(ctx, "malloc", uint64(len(body)))
	if err != nil {
		return nil, err
	}
	info, err := d.call(ctx, "malloc", 5*4)
	if err != nil {
		return nil, err
	}
	if in == 0 || info == 0 || !d.module.Memory().Write(in, body) {
		return nil, errors.New("there is not enough memory for it")
	}
	// Rows have at least 64 bytes, and a multiple of 16 (libheif 1.18, pixelimage.cc).
	align := func(n int) int { return (max(n, 64) + 15) &^ 15 }
	stride, colourStride, colourRows, ratio := align(s.width), 0, 0, image.YCbCrSubsampleRatio444
	switch s.chroma {
	case 1:
		colourStride, colourRows, ratio = align((s.width+1)/2), (s.height+1)/2, image.YCbCrSubsampleRatio420
	case 2:
		colourStride, colourRows, ratio = align((s.width+1)/2), s.height, image.YCbCrSubsampleRatio422
	case 3:
		colourStride, colourRows = stride, s.height
	}
	luma, chroma := stride*s.height, colourStride*colourRows
	size := luma + 2*chroma
	out, err := d.call(ctx, "malloc", uint64(size))
	if err != nil {
		return nil, err
	}
	if out == 0 {
		return nil, errors.New("there is not enough memory for it")
	}
	at := func(i uint64) uint64 { return uint64(info) + 4*i }
	ok, err := d.call(ctx, "decode", uint64(in), uint64(len(body)), 0, at(0), at(1), at(2), at(3), at(4), uint64(out))
	if err != nil {
		return nil, err
	}
	said, err := d.words(info, 4)
	if err != nil {
		return nil, err
	}
	space := uint32(heifYCbCr)
	if s.chroma == 0 {
		space = heifMonochrome
	}
	if ok == 0 || int(said[0]) != s.width || int(said[1]) != s.height || said[2] != space || s.chroma != 0 && int(said[3]) != s.chroma {
		return nil, ErrDamaged
	}
	pix, err := d.read(out, uint32(size))
	if err != nil {
		return nil, err
	}
	for _, p := range []uint32{in, info, out} {
		if _, err := d.call(ctx, "free", uint64(p)); err != nil {
			return nil, err
		}
	}
	r := image.Rect(0, 0, s.width, s.height)
	if s.chroma == 0 {
		return &image.Gray{Pix: pix, Stride: stride, Rect: r}, nil
	}
	return &image.YCbCr{Y: pix[:luma:luma], Cb: pix[luma : luma+chroma : luma+chroma], Cr: pix[luma+chroma:],
		YStride: stride, CStride: colourStride, SubsampleRatio: ratio, Rect: r}, nil
}

// file wraps a coded picture into the smallest HEIC file, which is what the module wants. Tiles decoded one by one take a hundredth
// of the memory that the picture would take as a whole.
func file(config, data []byte, s sps) []byte {
	box := func(kind string, parts ...[]byte) []byte {
		b := append(make([]byte, 4), kind...)
		for _, p := range parts {
			b = append(b, p...)
		}
		binary.BigEndian.PutUint32(b, uint32(len(b)))
		return b
	}
	u16 := func(v ...uint16) (b []byte) {
		for _, v := range v {
			b = binary.BigEndian.AppendUint16(b, v)
		}
		return b
	}
	u32 := func(v ...uint32) (b []byte) {
		for _, v := range v {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	var channels []byte
	linked := []byte{2, 0x81, 2}
	if s.chroma == 0 { // without it the module takes grey for an odd kind of colour
		channels, linked = box("pixi", u32(0), []byte{1, 8}), []byte{3, 0x81, 2, 3}
	}
	head := box("ftyp", []byte("heic"), u32(0), []byte("mif1heic"))
	meta := func(at uint32) []byte {
		return box("meta", u32(0),
			box("hdlr", u32(0, 0), []byte("pict"), u32(0, 0, 0), []byte{0}),
			box("pitm", u32(0), u16(1)),
			box("iloc", u32(0), []byte{0x44, 0}, u16(1, 1, 0, 1), u32(at, uint32(len(data)))),
			box("iinf", u32(0), u16(1), box("infe", u32(2<<24), u16(1, 0), []byte("hvc1\x00"))),
			box("iprp", box("ipco", box("hvcC", config), box("ispe", u32(0, uint32(s.width), uint32(s.height))), channels),
				box("ipma", u32(0, 1), u16(1), linked)),
		)
	}
	at := len(head) + len(meta(0)) + 8
	return slices.Concat(head, meta(uint32(at)), box("mdat", data))
}
