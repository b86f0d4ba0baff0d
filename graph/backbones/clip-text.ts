/** What a checkpoint of CLIP has beside the tower for images. */

/** The tower for text, whose table of tokens looks like a head, and what OpenAI's archives say of their sizes. */
export const OPENAI_TEXT =
  /^(text\.|transformer\.|token_embedding\.|ln_final\.|(positional_embedding|text_projection|logit_scale|logit_bias)$|(input_resolution|context_length|vocab_size)$)/;
