import { Type } from 'typebox';
import { maxMuteMinutes } from './alarm-desk.ts';
import type { Route } from './routes.ts';
import { jsonAnswer, problemAnswer } from './route-answers.ts';

const by = Type.Optional(
  Type.String({ maxLength: 64, description: 'Who, for the audit log; nothing = operator' }),
);

/** What the status port answers about alarms. */
export const alarmRoutes = {
  alarms: {
    method: 'GET',
    url: '/api/v1/alarms',
    summary: 'Alarms that are on, the last that are over, mutes, and how the receivers are',
    answers: {
      200: jsonAnswer('The alarms', 'Alarms'),
      404: problemAnswer('This server watches for no alarms'),
    },
  },
  testAlarms: {
    method: 'POST',
    url: '/api/v1/alarms/test',
    summary: 'Send one marked test to each receiver of alarms, and say what each answered',
    secured: true,
    querystring: Type.Object({
      receiver: Type.Optional(
        Type.String({
          maxLength: 32,
          description: 'Nothing = each; log, webhook, syslog, mail, trap',
        }),
      ),
    }),
    answers: {
      200: jsonAnswer('Their answers', 'AlarmTest'),
      401: problemAnswer('The ApiToken is missing or wrong'),
      404: problemAnswer('The settings name no such receiver'),
      503: problemAnswer('A test is on already'),
    },
  },
  muteAlarms: {
    method: 'POST',
    url: '/api/v1/alarms/mute',
    summary: 'Tell receivers nothing of one alarm, or of any, until an end that they are told of',
    secured: true,
    querystring: Type.Object({
      alarm: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Its id; nothing = all alarms' }),
      ),
      minutes: Type.Integer({ minimum: 1, maximum: maxMuteMinutes, description: 'Until its end' }),
      by,
    }),
    answers: {
      200: jsonAnswer('The mute', 'AlarmMute'),
      400: problemAnswer('No end, one too far away, or too many mutes'),
      401: problemAnswer('The ApiToken is missing or wrong'),
      404: problemAnswer('No such alarm'),
    },
  },
  unmuteAlarms: {
    method: 'POST',
    url: '/api/v1/alarms/unmute',
    summary: 'End a mute before its time; what was not told is told now',
    secured: true,
    querystring: Type.Object({
      mute: Type.Integer({ minimum: 1, description: 'Id of the mute' }),
      by,
    }),
    answers: {
      200: jsonAnswer('The mute that is over', 'AlarmMute'),
      401: problemAnswer('The ApiToken is missing or wrong'),
      404: problemAnswer('No such mute'),
    },
  },
} as const satisfies Record<string, Route>;
