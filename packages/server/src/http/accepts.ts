/** Whether a request asks for a media type by name. RFC 9110 §12.5.1. */

const refused = /^q=0(?:\.0{0,3})?$/i

/** A wildcard does not ask for it: who wants something special says so. */
export const accepts = (accept: string | undefined, mediaType: string): boolean =>
  accept?.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    return type?.toLowerCase() === mediaType && !parameters.some((parameter) => refused.test(parameter))
  }) ?? false
