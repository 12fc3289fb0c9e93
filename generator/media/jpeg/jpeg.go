// Package jpeg decodes JPEG pictures, at their full size or at 1/2, 1/4 or 1/8 of it: [Decode] does. The smaller sizes leave out
// what would be thrown away: of each block of 8 x 8 pixels only the lowest frequencies are transformed, which costs less and
// gives about what averaging the pixels would give. [Encode] keeps what image/jpeg would keep,
// in 5 % fewer bytes and less time.
//
// At full size the planes are those of image/jpeg to the bit, and what it refuses is refused. The differences:
//   - a Huffman table with more codes than its lengths have room for is refused, as libjpeg does;
//   - a reduced picture takes no notice of damage in scans that hold nothing of it (progressive files);
//   - a progressive coefficient that has more than 16 bits, which only damage makes, is cut to them.
//
// Memory is bounded by the picture that is returned and 64 KiB, and for progressive files by the coefficients that it needs: two
// bytes each and eight for a block. The sizes that a file claims are believed: check them first (image/jpeg.DecodeConfig).
package jpeg

import (
	"image"
	"image/jpeg"
	"io"
)

// A FormatError says that a file is not a valid JPEG.
type FormatError string

func (e FormatError) Error() string { return "not a valid JPEG: " + string(e) }

// An UnsupportedError says that a file uses a part of JPEG that is not read.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "this variant of JPEG is not read: " + string(e) }

// Scale returns the largest of 8, 4, 2 and 1 at which a picture of w x h pixels is still no smaller than toW x toH.
func Scale(w, h, toW, toH int) int {
	for s := 8; s > 1; s /= 2 {
		if (w+s-1)/s >= toW && (h+s-1)/s >= toH {
			return s
		}
	}
	return 1
}

// Decode reads a JPEG at 1/scale of its width and height, rounded up; scale is 1, 2, 4 or 8. The picture is an *image.YCbCr or
// *image.Gray, or an *image.RGBA when the file holds RGB. Pictures of four components (CMYK, YCCK) are left to image/jpeg, which
// gives an *image.CMYK of the full size. A file that ends too early gives an error that is io.ErrUnexpectedEOF.
func Decode(r io.ReadSeeker, scale int) (image.Image, error) {
	d := &decoder{}
	d.r = r
	switch scale {
	case 1, 2, 4, 8:
		d.size = 8 / scale
	default:
		panic("jpeg: the scale is not 1, 2, 4 or 8")
	}
	m, err := d.decode()
	if err == errFourComponents {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return jpeg.Decode(r)
	}
	return m, err
}

const errFourComponents = UnsupportedError("four components")

// The markers that mean something here (T.81, table B.1).
const (
	sof0 = 0xc0 // baseline
	sof1 = 0xc1 // extended sequential
	sof2 = 0xc2 // progressive
	dht  = 0xc4
	rst0 = 0xd0
	rst7 = 0xd7
	soi  = 0xd8
	eoi  = 0xd9
	sos  = 0xda
	dqt  = 0xdb
	dri  = 0xdd
	com  = 0xfe
	app0 = 0xe0
	appE = 0xee
	appF = 0xef
)

// A component is one plane of a picture.
type component struct {
	id, tq  uint8
	h, v    int    // sampling factors
	pix     []byte // of the picture being decoded; nil before the first scan
	stride  int
	coeffs  []int16  // progressive: size * size for each block, in natural order
	nonzero []uint64 // progressive: a bit for each coefficient of a block that is not zero, in zigzag order
}

// A decoder reads one file.
type decoder struct {
	input
	size int // of a decoded block, pixels: 8, 4, 2 or 1

	width, height         int
	comps                 []component
	baseline, progressive bool
	interval              int // MCUs between restart markers; 0 for none
	jfif, adobe           bool
	adobeTransform        uint8
	quant                 [4][64]uint16 // in zigzag order
	tables                [2][4]huffman // DC and AC
	gray                  *image.Gray
	color                 *image.YCbCr

	eobRun int  // blocks that are known to have no further coefficients (T.81, G.1.2.2)
	cut    bool // a progressive coefficient did not fit
	tmp    [256]byte
	block  block
}

// decode reads segment after segment (T.81, annex B).
func (d *decoder) decode() (image.Image, error) {
	if err := d.full(d.tmp[:2]); err != nil {
		return nil, err
	}
	if d.tmp[0] != 0xff || d.tmp[1] != soi {
		return nil, FormatError("it does not begin with SOI")
	}
	for {
		marker, err := d.marker()
		if err != nil {
			return nil, err
		}
		if marker == eoi {
			break
		}
		if rst0 <= marker && marker <= rst7 {
			continue // left over from the scan
		}
		if err := d.full(d.tmp[:2]); err != nil {
			return nil, err
		}
		n := int(d.tmp[0])<<8 + int(d.tmp[1]) - 2
		if n < 0 {
			return nil, FormatError("a segment has no length")
		}
		switch {
		case marker == sof0 || marker == sof1 || marker == sof2:
			d.baseline, d.progressive = marker == sof0, marker == sof2
			err = d.frame(n)
		case marker == dht:
			err = d.huffmanTables(n)
		case marker == dqt:
			err = d.quantization(n)
		case marker == sos:
			err = d.scan(n)
		case marker == dri:
			err = d.restartInterval(n)
		case marker == app0:
			err = d.jfifSegment(n)
		case marker == appE:
			err = d.adobeSegment(n)
		case app0 <= marker && marker <= appF || marker == com:
			err = d.skip(n)
		case marker < sof0:
			err = FormatError("a marker is not known")
		default:
			err = UnsupportedError("a marker is not known")
		}
		if err != nil {
			return nil, err
		}
	}
	if d.progressive {
		d.reconstruct()
	}
	switch {
	case d.gray != nil:
		return d.gray, nil
	case d.color == nil:
		return nil, FormatError("it has no scan")
	case d.isRGB():
		return d.rgb(), nil
	}
	return d.color, nil
}
