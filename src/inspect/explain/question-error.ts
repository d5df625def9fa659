/** What was asked cannot be answered: the message names what was given and what is allowed. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}
