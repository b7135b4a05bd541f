// Owns the names that etcd prints for the numbers of its enums.

const EVENT_TYPES = ['PUT', 'DELETE'];
const ALARM_TYPES = ['NONE', 'NOSPACE', 'CORRUPT'];
const PERMISSION_TYPES = ['READ', 'WRITE', 'READWRITE'];

export function eventTypeName(type: number): string {
  return EVENT_TYPES[type] ?? String(type);
}

export function alarmName(type: number): string {
  return ALARM_TYPES[type] ?? String(type);
}

export function permissionName(type: number): string {
  return PERMISSION_TYPES[type] ?? String(type);
}
