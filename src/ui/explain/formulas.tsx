/** Formulas in MathML that stand beside those of the losses: advantages, wins, agreement. */

/** Generalised advantage estimation with discount 1 (Schulman et al. 2016). */
export const AdvantageFormula = () => (
  <math display="block">
    <msub>
      <mi>A</mi>
      <mi>t</mi>
    </msub>
    <mo>=</mo>
    <munder>
      <mo>∑</mo>
      <mrow>
        <mi>k</mi>
        <mo>≥</mo>
        <mn>0</mn>
      </mrow>
    </munder>
    <msup>
      <mi>λ</mi>
      <mi>k</mi>
    </msup>
    <mo>(</mo>
    <msub>
      <mi>r</mi>
      <mrow>
        <mi>t</mi>
        <mo>+</mo>
        <mi>k</mi>
      </mrow>
    </msub>
    <mo>+</mo>
    <msub>
      <mi>V</mi>
      <mrow>
        <mi>t</mi>
        <mo>+</mo>
        <mi>k</mi>
        <mo>+</mo>
        <mn>1</mn>
      </mrow>
    </msub>
    <mo>−</mo>
    <msub>
      <mi>V</mi>
      <mrow>
        <mi>t</mi>
        <mo>+</mo>
        <mi>k</mi>
      </mrow>
    </msub>
    <mo>)</mo>
  </math>
);

/** A win rate over n pairs. */
export const WinFormula = () => (
  <math display="block">
    <mi>w</mi>
    <mo>=</mo>
    <mfrac>
      <mrow>
        <mtext>wins</mtext>
        <mo>+</mo>
        <mfrac>
          <mn>1</mn>
          <mn>2</mn>
        </mfrac>
        <mspace width="0.2em" />
        <mtext>ties</mtext>
      </mrow>
      <mi>n</mi>
    </mfrac>
  </math>
);

/** The KL of best of n, and the forms of Gao et al. 2022 for it and for PPO. */
export const BestOfNFormula = () => (
  <>
    <math display="block">
      <mtext>KL</mtext>
      <mo>=</mo>
      <mo rspace="0.17em">log</mo>
      <mi>n</mi>
      <mo>−</mo>
      <mfrac>
        <mrow>
          <mi>n</mi>
          <mo>−</mo>
          <mn>1</mn>
        </mrow>
        <mi>n</mi>
      </mfrac>
    </math>
    <math display="block">
      <msub>
        <mi>R</mi>
        <mtext>best of n</mtext>
      </msub>
      <mo>=</mo>
      <mi>d</mi>
      <mo>(</mo>
      <mi>α</mi>
      <mo>−</mo>
      <mi>β</mi>
      <mi>d</mi>
      <mo>)</mo>
      <mspace width="2em" />
      <msub>
        <mi>R</mi>
        <mtext>PPO</mtext>
      </msub>
      <mo>=</mo>
      <mi>d</mi>
      <mo>(</mo>
      <mi>α</mi>
      <mo>−</mo>
      <mi>β</mi>
      <mo lspace="0.17em" rspace="0.17em">
        log
      </mo>
      <mi>d</mi>
      <mo>)</mo>
    </math>
  </>
);

/** Krippendorff's α: observed over expected disagreement. */
export const AlphaFormula = () => (
  <math display="block">
    <mi>α</mi>
    <mo>=</mo>
    <mn>1</mn>
    <mo>−</mo>
    <mfrac>
      <msub>
        <mi>D</mi>
        <mtext>observed</mtext>
      </msub>
      <msub>
        <mi>D</mi>
        <mtext>expected</mtext>
      </msub>
    </mfrac>
  </math>
);
