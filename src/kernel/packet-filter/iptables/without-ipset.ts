/** What a kernel answers that has no ipset, by the errno's name. */
export const withoutIpset = ['EINVAL', 'EPROTONOSUPPORT'];
