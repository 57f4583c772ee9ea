/** The formulas of the rooms in MathML. All symbols are those of Ouyang et al. 2022. */

/** Next-token cross-entropy. */
export const BaseFormula = () => (
  <math display="block">
    <mi>L</mi>
    <mo>=</mo>
    <mo>−</mo>
    <mfrac>
      <mn>1</mn>
      <mi>N</mi>
    </mfrac>
    <munder>
      <mo>∑</mo>
      <mi>t</mi>
    </munder>
    <mo lspace="0.17em" rspace="0.17em">
      log
    </mo>
    <mi>p</mi>
    <mo>(</mo>
    <msub>
      <mi>x</mi>
      <mi>t</mi>
    </msub>
    <mo>|</mo>
    <msub>
      <mi>x</mi>
      <mrow>
        <mo>&lt;</mo>
        <mi>t</mi>
      </mrow>
    </msub>
    <mo>)</mo>
  </math>
);

/** The same over the answer alone. */
export const SftFormula = () => (
  <math display="block">
    <mi>L</mi>
    <mo>=</mo>
    <mo>−</mo>
    <mfrac>
      <mn>1</mn>
      <mrow>
        <mo>|</mo>
        <mi>y</mi>
        <mo>|</mo>
      </mrow>
    </mfrac>
    <munder>
      <mo>∑</mo>
      <mrow>
        <mi>t</mi>
        <mo>∈</mo>
        <mi>y</mi>
      </mrow>
    </munder>
    <mo lspace="0.17em" rspace="0.17em">
      log
    </mo>
    <msup>
      <mi>π</mi>
      <mi>SFT</mi>
    </msup>
    <mo>(</mo>
    <msub>
      <mi>y</mi>
      <mi>t</mi>
    </msub>
    <mo>|</mo>
    <mi>x</mi>
    <mo>,</mo>
    <msub>
      <mi>y</mi>
      <mrow>
        <mo>&lt;</mo>
        <mi>t</mi>
      </mrow>
    </msub>
    <mo>)</mo>
  </math>
);

/** How many pairs a ranking of K completions gives. */
export const PairsFormula = () => (
  <math display="block">
    <mrow>
      <mo>(</mo>
      <mfrac linethickness="0">
        <mi>K</mi>
        <mn>2</mn>
      </mfrac>
      <mo>)</mo>
    </mrow>
    <mo>=</mo>
    <mfrac>
      <mrow>
        <mi>K</mi>
        <mo>(</mo>
        <mi>K</mi>
        <mo>−</mo>
        <mn>1</mn>
        <mo>)</mo>
      </mrow>
      <mn>2</mn>
    </mfrac>
  </math>
);

/** The pairwise loss of one prompt (eq. 1). */
export const RewardFormula = () => (
  <math display="block">
    <mi>L</mi>
    <mo>=</mo>
    <mo>−</mo>
    <mfrac>
      <mn>1</mn>
      <mi>P</mi>
    </mfrac>
    <munder>
      <mo>∑</mo>
      <mrow>
        <mo>(</mo>
        <mi>w</mi>
        <mo>,</mo>
        <mi>l</mi>
        <mo>)</mo>
      </mrow>
    </munder>
    <mo lspace="0.17em" rspace="0.17em">
      log
    </mo>
    <mi>σ</mi>
    <mo>(</mo>
    <mi>r</mi>
    <mo>(</mo>
    <mi>x</mi>
    <mo>,</mo>
    <msub>
      <mi>y</mi>
      <mi>w</mi>
    </msub>
    <mo>)</mo>
    <mo>−</mo>
    <mi>r</mi>
    <mo>(</mo>
    <mi>x</mi>
    <mo>,</mo>
    <msub>
      <mi>y</mi>
      <mi>l</mi>
    </msub>
    <mo>)</mo>
    <mo>)</mo>
  </math>
);

/** What PPO-ptx maximises (eq. 2). */
export const PpoFormula = () => (
  <math display="block">
    <mi>E</mi>
    <mo>[</mo>
    <mi>r</mi>
    <mo>(</mo>
    <mi>x</mi>
    <mo>,</mo>
    <mi>y</mi>
    <mo>)</mo>
    <mo>−</mo>
    <mi>β</mi>
    <mo lspace="0.17em" rspace="0.17em">
      log
    </mo>
    <mfrac>
      <mrow>
        <msup>
          <mi>π</mi>
          <mi>RL</mi>
        </msup>
        <mo>(</mo>
        <mi>y</mi>
        <mo>|</mo>
        <mi>x</mi>
        <mo>)</mo>
      </mrow>
      <mrow>
        <msup>
          <mi>π</mi>
          <mi>SFT</mi>
        </msup>
        <mo>(</mo>
        <mi>y</mi>
        <mo>|</mo>
        <mi>x</mi>
        <mo>)</mo>
      </mrow>
    </mfrac>
    <mo>]</mo>
    <mo>+</mo>
    <mi>γ</mi>
    <msub>
      <mi>E</mi>
      <mtext>corpus</mtext>
    </msub>
    <mo>[</mo>
    <mo lspace="0.17em" rspace="0.17em">
      log
    </mo>
    <msup>
      <mi>π</mi>
      <mi>RL</mi>
    </msup>
    <mo>(</mo>
    <mi>x</mi>
    <mo>)</mo>
    <mo>]</mo>
  </math>
);
